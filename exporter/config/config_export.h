// Keys of what is exported, and of how it is read.
#pragma once

#include <string>
#include <vector>

#include "exporter/config/config_keys.h"

namespace dnsexp {

std::vector<ConfigKey> reader_keys();             // of section performance
std::vector<ConfigKey> label_keys();              // of section metrics
std::vector<ConfigKey> monitoring_export_keys();  // of section monitoring

// Puts the edges that performance.stats_buckets means into metrics.latency_buckets_seconds. What is wrong, or
// "": both keys say something.
std::string apply_stats_buckets(Config& config);

}  // namespace dnsexp
