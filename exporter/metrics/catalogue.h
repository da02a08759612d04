// One table of every metric: what users see of it, and how many series it may have. Code, documents and tests
// read it.
#pragma once

#include <prometheus/metric_type.h>

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "exporter/fold/metric.h"

namespace dnsexp {

struct MetricInfo {
    Metric metric;
    std::string_view name;
    prometheus::MetricType type;
    std::string_view help;  // with the unit where the name does not say it; one line without backslashes
    std::array<std::string_view, 7> label_names;  // unused ones are empty
    size_t worst_case;  // series with the defaults under any traffic; a histogram's buckets, sum and count
                        // are one each
};

// Sorted by name; one entry a metric.
std::span<const MetricInfo> catalogue();

// The label names that are in use.
std::span<const std::string_view> labels_of(const MetricInfo& info);

}  // namespace dnsexp
