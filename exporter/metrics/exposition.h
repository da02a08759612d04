// Folded numbers -> the text that Prometheus scrapes (text format 0.0.4).
#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

#include "exporter/fold/folded.h"
#include "exporter/metrics/self_metrics.h"

namespace dnsexp {

// Every family of the catalogue, in its order, those without series too. Pure, thread-safe.
std::vector<prometheus::MetricFamily> metric_families(const Folded& folded, const SelfMetrics& self);

// Families as text, each with HELP and TYPE. Pure, thread-safe.
std::string families_text(const std::vector<prometheus::MetricFamily>& families);

// The families as text, each with HELP and TYPE. Pure, thread-safe.
std::string exposition(const Folded& folded, const SelfMetrics& self);

}  // namespace dnsexp
