// Quantiles of a histogram.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace dnsexp {

// `edges`: upper edges, rising, without +Inf. `counts`: of each bucket, not cumulative, +Inf the last.
// `share`: 0..1. Linear within a bucket, the first of which begins at 0; in +Inf it is the last edge. Nothing
// where there is no sample. Pure, thread-safe.
std::optional<double> quantile(std::span<const double> edges, std::span<const uint64_t> counts, double share);

}  // namespace dnsexp
