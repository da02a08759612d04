#include "exporter/fold/recent_latency.h"

#include <algorithm>

namespace dnsexp {
namespace {

constexpr uint64_t ns_per_second = 1'000'000'000;

}  // namespace

void RecentLatency::add(const dns_event& event) {
    if (event.lane != DNS_EVENT_WIRE || event.outcome == DNS_OUTCOME_TIMEOUT) return;
    const uint64_t latency_ns = event.latency_ns;
    const uint64_t number = (event.query_time_ns + latency_ns) / ns_per_second;
    Second& second = ring_[number % ring_.size()];
    if (second.used && second.number > number) return;  // a minute late
    if (!second.used || second.number != number) {
        second = {number, {latency_ns, latency_ns}, true};
        return;
    }
    second.extremes.min_ns = std::min(second.extremes.min_ns, latency_ns);
    second.extremes.max_ns = std::max(second.extremes.max_ns, latency_ns);
}

std::optional<RecentLatency::Extremes> RecentLatency::extremes(uint64_t now_ns) const {
    const uint64_t now = now_ns / ns_per_second;
    std::optional<Extremes> all;
    for (const Second& second : ring_) {
        if (!second.used || second.number > now || now - second.number >= window_seconds) continue;
        if (!all) all = second.extremes;
        all->min_ns = std::min(all->min_ns, second.extremes.min_ns);
        all->max_ns = std::max(all->max_ns, second.extremes.max_ns);
    }
    return all;
}

}  // namespace dnsexp
