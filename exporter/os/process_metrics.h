// The process_* numbers that every Prometheus client library reports, read from /proc/self.
#pragma once

#include <cstdint>
#include <string_view>

#include "exporter/base/result.h"

namespace dnsexp {

struct ProcessMetrics {
    double cpu_seconds = 0;  // user and system time of all threads
    uint64_t open_fds = 0;
    uint64_t max_fds = 0;  // soft limit; UINT64_MAX when unlimited
    uint64_t virtual_memory_bytes = 0;
    uint64_t virtual_memory_max_bytes = 0;  // soft limit; UINT64_MAX when unlimited
    uint64_t resident_memory_bytes = 0;
    double start_time_seconds = 0;  // since the Unix epoch
};

// Thread-safe. Error: a file of /proc that can't be read or is not in the form of proc(5).
Result<ProcessMetrics> read_process_metrics();

// The fields of /proc/PID/stat that are used here, in the kernel's units (proc(5)).
struct ProcessStat {
    uint64_t user_ticks = 0;      // utime, field 14, clock ticks
    uint64_t system_ticks = 0;    // stime, field 15, clock ticks
    uint64_t start_ticks = 0;     // starttime, field 22, clock ticks since boot
    uint64_t virtual_bytes = 0;   // vsize, field 23
    uint64_t resident_pages = 0;  // rss, field 24
};

// Pure. The command (field 2) may hold anything, parentheses and spaces included.
Result<ProcessStat> parse_process_stat(std::string_view text);

// Pure. The line "btime N" of /proc/stat: when the host booted, seconds since the Unix epoch.
Result<uint64_t> parse_boot_time(std::string_view text);

}  // namespace dnsexp
