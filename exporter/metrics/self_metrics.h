// The exporter's own numbers that are not in the fold. Whoever serves fills them in.
#pragma once

#include <string>

namespace dnsexp {

struct SelfMetrics {
    std::string version, revision, compiler;
    double scrape_duration_seconds = 0;
    double process_cpu_seconds = 0;
    double process_open_fds = 0;
    double process_max_fds = 0;
    double process_virtual_memory_bytes = 0;
    double process_virtual_memory_max_bytes = 0;  // soft limit
    double process_resident_memory_bytes = 0;
    double process_start_time_seconds = 0;  // since the Unix epoch
};

}  // namespace dnsexp
