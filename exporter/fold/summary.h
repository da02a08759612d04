// All that a live view shows of one reading: what was asked and answered since the start, over all servers
// and by each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "exporter/fold/latency_summary.h"
#include "exporter/fold/outcome_class.h"
#include "exporter/fold/recent_latency.h"
#include "exporter/source/source.h"

namespace dnsexp {

using NamedCounts = std::vector<std::pair<std::string, uint64_t>>;

struct DomainCount {
    std::string domain;
    uint64_t queries = 0;
    NamedCounts outcomes;  // by outcome class, of those that occurred
};

struct ServerRow {
    std::string server, role;
    uint64_t queries = 0;
    LatencySummary latency;         // of answered queries
    NamedCounts outcomes;           // by outcome class, of those that occurred
    std::vector<uint64_t> buckets;  // as the summary's
};

// Texts are printable ASCII. Counts come from the maps and are exact, but those of domains, which come from
// events.
struct Summary {
    uint64_t time_unix_ns = 0;
    uint64_t monotonic_ns = 0;
    std::vector<std::string> interfaces;  // with at least one program attached; sorted
    std::vector<AttachedHook> hooks;      // those that were wanted, by interface and hook
    uint64_t queries = 0;                 // finished ones
    uint64_t active = 0;                  // queries that wait for their response
    NamedCounts outcomes, types;          // finished queries by RCODE and by QTYPE, of those that occurred
    std::vector<double> edges;            // seconds, rising, without +Inf
    std::vector<uint64_t> buckets;        // of all servers, not cumulative, +Inf the last
    LatencySummary latency;
    std::optional<RecentLatency::Extremes> recent;
    std::vector<DomainCount> domains;
    std::vector<ServerRow> servers;  // most queries first
};

// The counts that are not zero, under the names of their classes. Pure, thread-safe.
NamedCounts named_classes(const TopK::Row& counts);

// `recent` and `domains` as of the snapshot's time. Pure, thread-safe.
Summary summary_report(const RawSnapshot& snapshot, std::vector<DomainCount> domains,
                       std::optional<RecentLatency::Extremes> recent, uint64_t unix_offset_ns);

}  // namespace dnsexp
