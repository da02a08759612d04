// The last alerts, for /api/v1/alerts.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "exporter/alerts/alert.h"

namespace dnsexp {

struct AlertFilter {
    size_t limit = 100;           // rows
    uint64_t after_sequence = 0;  // only alerts that came after the one of this number
    uint32_t min_severity = 1;    // 1 low, 2 medium, 3 high
    std::string event_type;       // empty: all
};

// Thread-safe.
class AlertBoard {
  public:
    static constexpr size_t capacity = 1'000;

    // Returns the alert with its sequence number, as it is to be delivered.
    Alert add(Alert alert);

    // The newest first.
    [[nodiscard]] std::vector<Alert> rows(const AlertFilter& filter) const;

  private:
    mutable std::mutex mutex_;
    std::deque<Alert> alerts_;  // the oldest first
    uint64_t last_sequence_ = 0;
};

}  // namespace dnsexp
