// Distinct names of a minute, and whether so many are an attack.
#pragma once

#include <cstdint>

#include "exporter/security/distinct_counter.h"
#include "exporter/security/finding.h"
#include "exporter/security/two_halves.h"

namespace dnsexp {

// Not thread-safe.
class DistinctNames {
  public:
    // `now_ns` never goes back. `name_hash`: seeded.
    void add(uint64_t name_hash, bool failed, uint64_t now_ns);

    // Queries of this minute and the one before: never fewer than distinct names.
    [[nodiscard]] uint64_t queries() const { return halves_.current.queries + halves_.previous.queries; }
    [[nodiscard]] uint64_t queries_of_minute() const { return halves_.current.queries; }

    // Distinct names in the 60 seconds before `now_ns`, the time of the last add(). Those of the minute
    // before are taken to be spread evenly over it. Error: DistinctCounter.
    [[nodiscard]] double last_minute(uint64_t now_ns) const;
    // Of all queries(), those that failed; 0..1.
    [[nodiscard]] double failed_share() const;

  private:
    struct Sums {
        uint32_t queries = 0, failed = 0;
        DistinctCounter names;
    };
    TwoHalves<Sums> halves_;
};

// 0..100 for so many distinct names where `limit` are allowed, low up to medium_names. Names that exist are a
// CDN or somebody who lists a zone, however many; names that don't, in such numbers, are an attack. Pure,
// thread-safe.
uint32_t distinct_score(double names, double limit, double failed_share);
Severity distinct_severity(uint32_t score);

}  // namespace dnsexp
