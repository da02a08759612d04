#include "exporter/security/tunnel_score.h"

#include <algorithm>
#include <cmath>

namespace dnsexp {
namespace {

// The parts add up to more than 100: no tunnel shows them all. They were set so that idle sessions of the
// known programs reach tunnel_high by 30 distinct names, and browsing, mail and telemetry stay below
// tunnel_medium.
constexpr double points_per_doubling = 5;  // of distinct names
constexpr double most_by_distinct = 40;    // from 256 names on
constexpr double most_by_bits = 45;
constexpr double most_by_long = 20;
constexpr double long_bits = 400;  // a name: longer than any look-up service's, but for known ones
constexpr double full_bits = 160;  // a name: 20 octets of data, more than any identifier in use
constexpr double most_by_unused = 50;
constexpr double most_by_bulk = 30;
constexpr double telling_bits = 12;  // a name of a bulk type that carries less is a word, and counts less
constexpr double most_by_odd = 20;
constexpr double odd_share = 0.25;  // of names with odd octets, from which on they count in full
constexpr double most_by_surplus = 10;
constexpr double full_surplus = 150;  // octets an answer

// Among more than 40 times as many other queries, carrying ones count down to half.
constexpr double diluted_floor = 0.5, diluted_slope = 20;

constexpr uint32_t below_medium = tunnel_medium - 1, below_high = tunnel_high - 1;
constexpr double few_names = 3, some_names = 8;
constexpr double failing_share =
    0.8;                              // names that don't exist: an attack on the domain, not a way through it
constexpr double one_way_bits = 250;  // unless they are so long that the names alone are the message

double share(uint64_t part, uint64_t whole) {
    return static_cast<double>(part) / static_cast<double>(whole);
}

// What few names, or names that don't exist, can prove at most.
uint32_t ceiling(const TunnelEvidence& evidence, double bits) {
    const bool is_odd = share(evidence.odd, evidence.carrying) >= odd_share;
    if (!is_odd && evidence.unused == 0 && bits < one_way_bits &&
        share(evidence.failed, evidence.carrying) >= failing_share)
        return below_medium;
    if (evidence.distinct < few_names) return is_odd ? below_high : below_medium;
    if (evidence.distinct >= some_names || is_odd || evidence.unused != 0) return 100;
    if (bits >= one_way_bits) return 100;
    return evidence.bulk != 0 ? below_high : below_medium;
}

}  // namespace

uint32_t tunnel_score(const TunnelEvidence& evidence) {
    if (evidence.carrying == 0) return 0;
    const double bits = evidence.bits / static_cast<double>(evidence.carrying);
    const double surplus = share(evidence.surplus, evidence.carrying);
    const double unused = share(evidence.unused, evidence.carrying);
    const double telling = std::max(unused, std::min(1.0, bits / telling_bits));
    const double by_distinct =
        std::min(most_by_distinct, points_per_doubling * std::log2(1 + evidence.distinct));
    double score = by_distinct * (1 + telling) / 2;
    score += most_by_bits * std::min(1.0, bits / full_bits);
    score += most_by_long * std::clamp((bits - full_bits) / (long_bits - full_bits), 0.0, 1.0);
    score += most_by_unused * unused;
    score += most_by_bulk * telling * share(evidence.bulk, evidence.carrying);
    score += most_by_odd * std::min(1.0, share(evidence.odd, evidence.carrying) / odd_share);
    score += most_by_surplus * std::min(1.0, surplus / full_surplus);
    score *= std::min(1.0, diluted_floor + diluted_slope * share(evidence.carrying, evidence.queries));
    return std::min({static_cast<uint32_t>(score), 100U, ceiling(evidence, bits)});
}

}  // namespace dnsexp
