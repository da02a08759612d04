// What an exposition shows, as plain data: no map, no CPU, no slot number is left in it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "exporter/fold/metric.h"

namespace dnsexp {

// Label values in the order of the catalogue's label names, printable ASCII. No two series of a family are
// alike.
struct Series {
    std::vector<std::string> labels;
    uint64_t value = 0;
};

struct RealSeries {
    std::vector<std::string> labels;
    double value = 0;
};

struct HistogramSeries {
    std::vector<std::string> labels;
    std::vector<uint64_t> cumulative;  // one an edge and the last one, +Inf, which is the count
    double sum = 0;                    // in the metric's base unit
};

struct FoldedFamily {
    std::vector<Series> series;     // counters and gauges
    std::vector<RealSeries> reals;  // the same, of what is no whole number
    std::vector<double> edges;      // histograms: rising, in the base unit, without +Inf
    std::vector<HistogramSeries> histograms;
};

struct Folded {
    std::array<FoldedFamily, metric_count> families;  // index: Metric

    FoldedFamily& operator[](Metric metric) { return families[static_cast<size_t>(metric)]; }
    const FoldedFamily& operator[](Metric metric) const { return families[static_cast<size_t>(metric)]; }
};

}  // namespace dnsexp
