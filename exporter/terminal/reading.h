// Answers of the API -> plain structs. Tolerant: what is missing or of another type is as if nothing were
// known, so that a newer or an older exporter can be watched. Every text is escaped. Pure, thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/base/result.h"

namespace dnsexp {

// A line of a list: a domain, a server or a workload.
struct CountedRow {
    std::string key;  // tells the row from others of its list
    std::string name, role;
    uint64_t queries = 0;
    uint64_t answered = 0;   // that have a latency
    double sum_seconds = 0;  // of their latencies
};

// /api/v1/summary
struct SummaryReading {
    uint64_t unix_ns = 0;
    uint64_t monotonic_ns = 0;
    std::vector<std::string> interfaces;
    uint64_t queries = 0;
    uint64_t active = 0;
    std::map<std::string, uint64_t> outcomes;
    std::vector<double> edges;      // rising; empty where they and the buckets don't fit together
    std::vector<uint64_t> buckets;  // one more than edges, or none
    double sum_seconds = 0;
    std::optional<double> min_seconds, max_seconds;  // of the last minute
    std::vector<CountedRow> domains, servers, workloads;
};

struct SlowRow {
    std::string time;  // RFC 3339
    std::string name, type, server, client, outcome, comm;
    std::string place;  // pod, container or unit
    double seconds = 0;
};

// /api/v1/slow
struct SlowReading {
    double threshold_seconds = 0;
    std::vector<SlowRow> rows;  // the newest query first
};

struct AlertRow {
    std::string time, event_type, severity, domain, client;
};

// An Error where the text is no JSON object.
Result<SummaryReading> read_summary(std::string_view json);
Result<SlowReading> read_slow(std::string_view json);
// /api/v1/alerts, in the order in which they are there.
Result<std::vector<AlertRow>> read_alerts(std::string_view json);

// What {"error": "..."} says; else the beginning of the text itself. Escaped.
std::string error_text(std::string_view body);

}  // namespace dnsexp
