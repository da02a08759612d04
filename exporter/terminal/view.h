// What a frame shows: made of summaries and of slow transactions, before anybody thinks of lines and columns.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "exporter/terminal/history.h"
#include "exporter/terminal/reading.h"

namespace dnsexp {

struct Share {
    std::string name;
    double share = 0;  // 0..1
};

struct TopRow {
    std::string name;                    // with the role in front where it is not client
    std::optional<double> rate;          // queries a second; nothing where it is too new to know
    std::optional<double> mean_seconds;  // of those that were answered
};

// Rates, shares and latencies are those of the last `window_seconds`; without a window, of all since the
// exporter began.
struct View {
    std::string source;  // who is asked
    std::string notice;  // what is wrong; empty: nothing
    uint64_t unix_ns = 0;
    double window_seconds = 0;  // 0: there is nothing to compare with yet
    std::vector<std::string> interfaces;
    std::optional<double> rate;  // queries a second
    uint64_t queries = 0;        // since the exporter began
    uint64_t active = 0;
    std::vector<Share> outcomes;  // the most frequent first
    std::vector<double> edges;    // as in SummaryReading
    std::vector<uint64_t> buckets;
    std::optional<double> p50, p95, p99, mean_seconds;
    std::optional<double> min_seconds, max_seconds;   // of the last minute, whatever the window
    std::vector<TopRow> domains, servers, workloads;  // the highest rate first
    double slow_threshold_seconds = 0;
    std::vector<SlowRow> slow;  // the newest first
    std::optional<std::vector<AlertRow>>
        alerts;  // the newest first; nothing where the exporter has none to tell
};

// What the history tells. All else is left as it is by default. Pure, thread-safe.
View make_view(const History& history);

// Those that took longer than `threshold_seconds`. Pure, thread-safe.
std::vector<SlowRow> slower_than(const std::vector<SlowRow>& rows, double threshold_seconds);

}  // namespace dnsexp
