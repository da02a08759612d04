// The shortest and the longest latency of the last minute, which no cumulative histogram can tell.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "ebpf/dns_abi.h"

namespace dnsexp {

// Keeps one pair of extremes a second, whatever the traffic. Not thread-safe.
class RecentLatency {
  public:
    static constexpr uint64_t window_seconds = 60;

    struct Extremes {
        uint64_t min_ns, max_ns;
    };

    // Takes answered transactions of the wire alone: a timeout has no latency, and a socket's event tells of
    // the same transaction again.
    void add(const dns_event& event);

    // Of transactions that were answered in the window's last seconds, the one of `now_ns` (CLOCK_MONOTONIC)
    // being the last; nothing where there were none.
    [[nodiscard]] std::optional<Extremes> extremes(uint64_t now_ns) const;

  private:
    struct Second {
        uint64_t number = 0;
        Extremes extremes{};
        bool used = false;
    };

    std::array<Second, window_seconds> ring_{};  // index: the second modulo the size
};

}  // namespace dnsexp
