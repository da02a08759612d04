// The parts of the catalogue, by subject. Each is sorted by name.
#pragma once

#include <cstddef>
#include <span>

#include "exporter/metrics/catalogue.h"

namespace dnsexp {

// Messages on the wire, and how they were answered.
std::span<const MetricInfo> message_metrics();
// Names, and those who ask, resolve and attack.
std::span<const MetricInfo> asker_metrics();
// The exporter itself.
std::span<const MetricInfo> own_metrics();

// What the worst cases of more than one part are reckoned with.
inline constexpr size_t latency_edges = 15;   // of the default metrics.latency_buckets_seconds
inline constexpr size_t histogram_extra = 3;  // the bucket +Inf, sum and count

}  // namespace dnsexp
