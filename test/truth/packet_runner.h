// Packets of a capture, run through the programs of arriving packets.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "exporter/bpf/loader.h"
#include "test/support/capture.h"
#include "test/truth/wire_pair.h"

namespace dnsexp::test {

class PacketRunner {
  public:
    // `programs` must outlive it. `xdp`: packets with an Ethernet header go to XDP, not TC.
    PacketRunner(const LoadedPrograms& programs, bool xdp);

    // By BPF_PROG_TEST_RUN. What that refuses (longer than a page, or shorter than the headers that its
    // EtherType promises) goes over a veth pair, where a packet without Ethernet gets a header. False: no
    // interface would carry it, since it is shorter than an Ethernet header.
    Result<bool> run(const CapturedPacket& packet);

  private:
    Status send(const CapturedPacket& packet);

    int ethernet_program_, ip_program_;
    bool xdp_;
    std::optional<WirePair> wire_;
};

}  // namespace dnsexp::test
