// Count, sum and quantiles of a latency histogram.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace dnsexp {

struct LatencySummary {
    uint64_t count = 0;
    double sum_seconds = 0;
    std::optional<double> p50, p95, p99;  // seconds; nothing without a sample
};

// `edges` in seconds and `buckets` as quantile() has them. Pure, thread-safe.
LatencySummary summarize_latency(std::span<const double> edges, std::span<const uint64_t> buckets,
                                 double sum_seconds);

// Nanoseconds -> seconds. Pure, thread-safe.
double in_seconds(uint64_t ns);
std::vector<double> in_seconds(const std::vector<uint64_t>& ns);

}  // namespace dnsexp
