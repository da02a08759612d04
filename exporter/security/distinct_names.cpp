#include "exporter/security/distinct_names.h"

#include <algorithm>
#include <cmath>

namespace dnsexp {
namespace {

constexpr uint64_t minute_ns = 60'000'000'000;

constexpr double points_at_limit = 20;
constexpr double points_per_doubling = 5, most_by_doublings = 30;
constexpr double most_by_failures = 50;

constexpr uint32_t medium_score = 55;  // the doublings alone never reach it
constexpr uint32_t high_score = 80;    // four times the limit, where every answer fails

}  // namespace

void DistinctNames::add(uint64_t name_hash, bool failed, uint64_t now_ns) {
    halves_.advance(now_ns, minute_ns);
    ++halves_.current.queries;
    halves_.current.failed += failed ? 1 : 0;
    halves_.current.names.add(name_hash);
}

double DistinctNames::last_minute(uint64_t now_ns) const {
    const double current = halves_.current.names.estimate();
    if (halves_.previous.queries == 0) return current;
    DistinctCounter both = halves_.previous.names;
    both.merge(halves_.current.names);
    const uint64_t passed = now_ns > halves_.start_ns ? std::min(now_ns - halves_.start_ns, minute_ns) : 0;
    const double still_inside = 1 - static_cast<double>(passed) / static_cast<double>(minute_ns);
    return current + std::max(0.0, both.estimate() - current) * still_inside;
}

double DistinctNames::failed_share() const {
    const uint64_t failed = uint64_t{halves_.current.failed} + halves_.previous.failed;
    return queries() == 0 ? 0 : static_cast<double>(failed) / static_cast<double>(queries());
}

uint32_t distinct_score(double names, double limit, double failed_share) {
    if (names < limit) return 0;
    const double doublings = std::min(most_by_doublings, points_per_doubling * std::log2(names / limit));
    return static_cast<uint32_t>(points_at_limit + doublings + most_by_failures * failed_share);
}

Severity distinct_severity(uint32_t score) {
    if (score >= high_score) return Severity::high;
    return score >= medium_score ? Severity::medium : Severity::low;
}

}  // namespace dnsexp
