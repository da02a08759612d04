// Histograms that begin anew while the kernel's counters go on: its buckets mean something else once the
// edges have changed.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "exporter/source/source.h"

namespace dnsexp {

// Not thread-safe. Holds the counts of one snapshot's histograms.
class LatencyRestart {
  public:
    // All histograms begin at 0 with what `snapshot` holds, as it was read and before apply().
    void restart(const RawSnapshot& snapshot);

    // Takes what had been counted by the last restart() off the snapshot, in which the histograms' counters
    // are not lower than then. Call it with each snapshot, once: a slot that has ended counts from 0 again.
    void apply(RawSnapshot& snapshot);

  private:
    bool has_base_ = false;
    std::unordered_map<uint32_t, dns_latency> latencies_;  // by key
    std::unordered_map<uint32_t, dns_latency> workloads_;  // by slot
    dns_latency hits_{};
};

}  // namespace dnsexp
