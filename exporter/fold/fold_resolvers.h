// What sockets told of resolvers: their caches, and referrals.
#pragma once

#include <cstdint>
#include <deque>

#include "exporter/fold/folded.h"
#include "exporter/source/source.h"

namespace dnsexp {

// Remembers the last minutes' counts, for the ratio. Not thread-safe.
class ResolverFold {
  public:
    // The ratio is that of so long, if it has been watched for so long.
    static constexpr uint64_t ratio_window_ns = 300'000'000'000;

    // Takes the snapshots in the order in which they were read. The cache's metrics have no series as long as
    // no process of this host has answered as a resolver.
    void fold(const RawSnapshot& snapshot, Folded& folded);

  private:
    struct Lookups {
        uint64_t time_ns, hits, misses;
    };
    double ratio(const Lookups& now);

    std::deque<Lookups> past_;  // a second or more apart
};

}  // namespace dnsexp
