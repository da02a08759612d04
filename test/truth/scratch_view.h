// The programs' scratch, read from outside: what they found out about the packet that they saw last.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ebpf/dns_frame.h"
#include "ebpf/dns_stream.h"
#include "exporter/base/result.h"
#include "exporter/bpf/loader.h"

namespace dnsexp::test {

struct LastPacket {
    dns_event event{};
    dns_message message{};
    dns_frame frame{};
    dns_address source{}, destination{};
    dns_segment segment{};  // of TCP
    uint32_t length = 0;    // octets of the message that was counted last
};

// The struct is declared for BPF only (ebpf/maps.bpf.h), so its members are found by name in the object's
// BTF.
class ScratchView {
  public:
    static Result<ScratchView> make(const LoadedPrograms& programs);

    // As CPU `cpu` left it. An error where the map can't be read.
    Result<LastPacket> read(size_t cpu);

  private:
    struct Offsets {
        size_t event, message, frame, source, destination, segment, length;
    };

    ScratchView(int map, size_t stride, size_t cpus, const Offsets& offsets)
        : map_(map), stride_(stride), values_(stride * cpus), offsets_(offsets) {}

    int map_;  // borrowed
    size_t stride_;
    std::vector<uint8_t> values_;  // of every CPU, one stride apart
    Offsets offsets_;
};

}  // namespace dnsexp::test
