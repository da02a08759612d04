#include "exporter/fold/fold_resolvers.h"

#include <limits>

namespace dnsexp {
namespace {

constexpr uint64_t second_ns = 1'000'000'000;

}  // namespace

double ResolverFold::ratio(const Lookups& now) {
    while (past_.size() > 1 && now.time_ns - past_[1].time_ns >= ratio_window_ns) past_.pop_front();
    const Lookups before = past_.empty() ? Lookups{} : past_.front();
    if (past_.empty() || now.time_ns - past_.back().time_ns >= second_ns) past_.push_back(now);
    const uint64_t hits = now.hits - before.hits;
    const uint64_t all = hits + now.misses - before.misses;
    if (all == 0) return std::numeric_limits<double>::quiet_NaN();
    return static_cast<double>(hits) / static_cast<double>(all);
}

void ResolverFold::fold(const RawSnapshot& snapshot, Folded& folded) {
    const dns_stats& sockets = snapshot.sockets;
    folded[Metric::referrals].series = {{{}, sockets.referrals}};
    const Lookups now{snapshot.time_ns, sockets.cache_hits, sockets.cache_misses};
    if (now.hits + now.misses == 0) {
        if (past_.empty()) past_.push_back(now);
        return;
    }
    folded[Metric::cache_lookups].series = {{{"hit"}, now.hits}, {{"miss"}, now.misses}};
    folded[Metric::cache_hit_ratio].reals = {{{}, ratio(now)}};
}

}  // namespace dnsexp
