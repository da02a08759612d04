// The summaries of the last minute: what happened is the difference of two of them.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "exporter/terminal/reading.h"

namespace dnsexp {

// Not thread-safe.
class History {
  public:
    // `window_ns`: how far back the first one may lie. `spacing_ns`: how far apart two neighbours are at
    // least, but for the newest; each is some tens of kilobytes.
    History(uint64_t window_ns, uint64_t spacing_ns) : window_ns_(window_ns), spacing_ns_(spacing_ns) {}

    // The newest. Where the exporter has begun anew since the last one (a counter or its clock went back),
    // that one and all before it are forgotten.
    void add(SummaryReading reading);

    // Oldest first; the last is the newest. Where there were two in one life of the exporter, there are two,
    // however far apart.
    [[nodiscard]] const std::deque<SummaryReading>& readings() const { return readings_; }

  private:
    uint64_t window_ns_, spacing_ns_;
    std::deque<SummaryReading> readings_;
};

}  // namespace dnsexp
