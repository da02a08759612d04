// The Source of the tests: a capture instead of the kernel. Packets go through the same dual headers as in
// the hooks, what they say is counted by the model; the capture's time stamps are the clock.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ebpf/dns_frame.h"
#include "exporter/source/source.h"
#include "test/support/capture.h"
#include "test/support/exact_model.h"

namespace dnsexp::test {

// A packet whose source is an own address leaves, every other one arrives. Not thread-safe.
class HostSource : public Source {
  public:
    explicit HostSource(ModelOptions options);

    // Observes every packet of a capture (see read_capture for what it can read).
    Status replay(const std::string& path);
    void packet(const CapturedPacket& packet);
    // Time passes until then without a packet: what has waited too long is given up.
    void finish(uint64_t now_ns);
    [[nodiscard]] uint64_t last_time_ns() const { return last_time_ns_; }

    Result<RawSnapshot> read() override { return model_.snapshot(); }
    Result<uint64_t> drain(const EventSink& sink) override;

  private:
    void observe(const CapturedPacket& packet, const dns_frame& frame);

    ExactModel model_;
    dns_settings settings_;
    dns_hash_keys keys_;
    uint64_t last_time_ns_ = 0;
    uint64_t next_sweep_ns_ = 0;
};

}  // namespace dnsexp::test
