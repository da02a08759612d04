// The Source of the tests: a capture instead of the kernel. Packets go through the same dual headers as in
// the hooks, what they say is counted by the model; the capture's time stamps are the clock.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "ebpf/dns_frame.h"
#include "ebpf/dns_message.h"
#include "exporter/source/source.h"
#include "test/support/capture.h"
#include "test/support/exact_model.h"
#include "test/support/observed_message.h"
#include "test/support/stream_reader.h"

namespace dnsexp::test {

// A packet whose source is an own address leaves, every other one arrives. Not thread-safe.
class HostSource : public Source {
  public:
    explicit HostSource(ModelOptions options);

    // Called for each message that is counted, and for each packet that is counted as none, when it is.
    // Packets that are not on a DNS port are not counted, so not told of.
    using Observer = std::function<void(const ObservedMessage&)>;
    void set_observer(Observer observer) { observer_ = std::move(observer); }

    // Observes every packet of a capture (see read_capture for what it can read).
    Status replay(const std::string& path);
    void packet(const CapturedPacket& packet);
    // Time passes until then without a packet: what has waited too long is given up.
    void finish(uint64_t now_ns);
    [[nodiscard]] uint64_t last_time_ns() const { return last_time_ns_; }

    Result<RawSnapshot> read() override { return model_.snapshot(); }
    Result<uint64_t> drain(const EventSink& sink) override;
    std::vector<BusyClient> busy_clients(uint64_t now_ns) override { return model_.busy_clients(now_ns); }

  private:
    // A packet on a DNS port.
    struct Seen {
        const CapturedPacket& captured;
        dns_frame frame;
        std::span<const uint8_t> payload;  // as much of it as was captured
        dns_address source{}, destination{};
        bool leaves = false;
    };
    // A message and where the records behind its question lie, as offsets in `octets`.
    struct Found {
        const dns_message& message;
        std::span<const uint8_t> prefix;  // header and question at least
        uint32_t length;
        std::span<const uint8_t> octets;
        uint32_t records, end, present;
    };
    // The head of a datagram that was cut before its question's end.
    struct Head {
        std::vector<uint8_t> octets;
        uint32_t source_port, destination_port, length;
    };
    using Direction = std::tuple<AddressKey, AddressKey, uint32_t, uint32_t, bool>;

    void observe(Seen& seen, uint32_t reason);
    uint32_t datagram(Seen& seen);
    uint32_t fragment(Seen& seen);
    uint32_t parse_datagram(Seen& seen, std::span<const uint8_t> octets, uint32_t before);
    void stream(Seen& seen);
    void found(const Seen& seen, const Found& found);
    void tell(const Seen& seen, uint32_t reason);
    void tell(const Seen& seen, const ModelMessage& message, const dns_message& parsed);

    ExactModel model_;
    dns_settings settings_;
    dns_hash_keys keys_;
    uint64_t last_time_ns_ = 0;
    uint64_t next_sweep_ns_ = 0;
    std::map<Direction, StreamReader> streams_;
    std::map<Direction, Head> heads_;  // the ports are the fragments' identification
    Observer observer_;
};

}  // namespace dnsexp::test
