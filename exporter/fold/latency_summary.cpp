#include "exporter/fold/latency_summary.h"

#include <numeric>

#include "exporter/fold/quantile.h"

namespace dnsexp {

LatencySummary summarize_latency(std::span<const double> edges, std::span<const uint64_t> buckets,
                                 double sum_seconds) {
    LatencySummary summary;
    summary.count = std::accumulate(buckets.begin(), buckets.end(), uint64_t{0});
    summary.sum_seconds = sum_seconds;
    summary.p50 = quantile(edges, buckets, 0.5);
    summary.p95 = quantile(edges, buckets, 0.95);
    summary.p99 = quantile(edges, buckets, 0.99);
    return summary;
}

double in_seconds(uint64_t ns) {
    constexpr double ns_per_second = 1e9;
    return static_cast<double>(ns) / ns_per_second;
}

std::vector<double> in_seconds(const std::vector<uint64_t>& ns) {
    std::vector<double> seconds;
    seconds.reserve(ns.size());
    for (const uint64_t one : ns) seconds.push_back(in_seconds(one));
    return seconds;
}

}  // namespace dnsexp
