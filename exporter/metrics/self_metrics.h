// The exporter's own numbers that are not in the fold. Whoever serves fills them in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace dnsexp {

// Of loading the configuration anew.
struct ReloadState {
    bool last_ok = true;           // the last attempt; that of the start is one
    double last_success_unix = 0;  // seconds since the Unix epoch
    uint64_t ok = 0, failed = 0;   // attempts since the start
};

// Transactions by what became of their line in the query log.
struct QueryLogCounts {
    uint64_t written = 0;
    uint64_t sampled = 0;  // left out on purpose
    uint64_t dropped = 0;  // the queue was full
    uint64_t failed = 0;   // the file or stdout refused it
};

// Of /api/v1/stream.
struct StreamCounts {
    uint64_t listeners = 0;    // now
    uint64_t events_lost = 0;  // since the start
};

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
    double reader_last_run_unix = 0;        // since the Unix epoch; when events were last read
    ReloadState reload;
    StreamCounts stream;
    std::optional<QueryLogCounts> query_log;  // nothing while the log is off
};

}  // namespace dnsexp
