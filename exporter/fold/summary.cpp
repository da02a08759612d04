#include "exporter/fold/summary.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <tuple>

#include "exporter/fold/names.h"
#include "exporter/fold/slot_names.h"
#include "exporter/fold/tally.h"

namespace dnsexp {
namespace {

// Not yet summarized.
struct Histogram {
    std::vector<uint64_t> buckets;
    uint64_t sum_ns = 0;

    void add(const dns_latency& latency, size_t edges) {
        buckets.resize(edges + 1);
        sum_ns += latency.sum_ns;
        for (size_t i = 0; i < DNS_LATENCY_BUCKETS; ++i) buckets[std::min(i, edges)] += latency.buckets[i];
    }
    [[nodiscard]] LatencySummary summary(const std::vector<double>& edges) const {
        return summarize_latency(edges, buckets, in_seconds(sum_ns));
    }
};

struct ServerCounts {
    TopK::Row outcomes{};
    Histogram latency;
};
using ServerKey = std::pair<std::string, std::string>;  // server, role

struct Counts {
    std::map<std::string, uint64_t> outcomes, types;
    std::map<ServerKey, ServerCounts> servers;
    Histogram latency;
};

void count_queries(const RawSnapshot& snapshot, const SlotNames& names, Counts& counts) {
    for (const auto& [key, cpus] : snapshot.traffic) {
        const uint64_t queries = sum_cpus(cpus).queries;
        if (queries == 0) continue;
        counts.outcomes[outcome_name(key.outcome)] += queries;
        counts.types[names.type(key.type)] += queries;
        const auto place = static_cast<size_t>(outcome_class(key.outcome));
        counts.servers[{names.server(key.server), std::string(role_name(key.role))}].outcomes[place] +=
            queries;
    }
}

void count_latencies(const RawSnapshot& snapshot, const SlotNames& names, Counts& counts) {
    const size_t edges = snapshot.latency_edges_ns.size();
    counts.latency.buckets.resize(edges + 1);
    for (const auto& [key, cpus] : snapshot.latencies) {
        const dns_latency sum = sum_cpus(cpus);
        if (std::all_of(std::begin(sum.buckets), std::end(sum.buckets), [](uint64_t n) { return n == 0; }))
            continue;
        const uint32_t server_and_role = key / DNS_LATENCY_TYPES;  // the inverse of dns_latency_index()
        const std::string role(role_name(server_and_role % DNS_ROLES));
        counts.latency.add(sum, edges);
        counts.servers[{names.server(server_and_role / DNS_ROLES), role}].latency.add(sum, edges);
    }
}

std::vector<std::string> watched(const std::vector<AttachedHook>& hooks) {
    std::set<std::string> names;
    for (const AttachedHook& hook : hooks)
        if (hook.attached) names.insert(printable_text(hook.interface));
    return {names.begin(), names.end()};
}

std::vector<AttachedHook> printable_hooks(std::vector<AttachedHook> hooks) {
    for (AttachedHook& hook : hooks) hook.interface = printable_text(hook.interface);
    std::sort(hooks.begin(), hooks.end(), [](const AttachedHook& a, const AttachedHook& b) {
        return std::tie(a.interface, a.hook) < std::tie(b.interface, b.hook);
    });
    return hooks;
}

std::vector<ServerRow> server_rows(std::map<ServerKey, ServerCounts> servers,
                                   const std::vector<double>& edges) {
    std::vector<ServerRow> rows;
    rows.reserve(servers.size());
    for (auto& [key, counts] : servers) {
        const uint64_t queries = std::accumulate(counts.outcomes.begin(), counts.outcomes.end(), uint64_t{0});
        counts.latency.buckets.resize(edges.size() + 1);
        rows.push_back({key.first, key.second, queries, counts.latency.summary(edges),
                        named_classes(counts.outcomes), std::move(counts.latency.buckets)});
    }
    std::stable_sort(rows.begin(), rows.end(),
                     [](const ServerRow& a, const ServerRow& b) { return a.queries > b.queries; });
    return rows;
}

}  // namespace

NamedCounts named_classes(const TopK::Row& counts) {
    NamedCounts named;
    for (size_t i = 0; i < counts.size(); ++i)
        if (counts[i] != 0) named.emplace_back(outcome_class_name(i), counts[i]);
    return named;
}

Summary summary_report(const RawSnapshot& snapshot, std::vector<DomainCount> domains,
                       std::optional<RecentLatency::Extremes> recent, uint64_t unix_offset_ns) {
    const SlotNames names(snapshot);
    Counts counts;
    count_queries(snapshot, names, counts);
    count_latencies(snapshot, names, counts);
    Summary summary;
    summary.time_unix_ns = snapshot.time_ns + unix_offset_ns;
    summary.monotonic_ns = snapshot.time_ns;
    summary.interfaces = watched(snapshot.hooks);
    summary.hooks = printable_hooks(snapshot.hooks);
    summary.outcomes = {counts.outcomes.begin(), counts.outcomes.end()};
    summary.types = {counts.types.begin(), counts.types.end()};
    for (const auto& [rcode, queries] : summary.outcomes) summary.queries += queries;
    summary.active = std::accumulate(std::begin(snapshot.active), std::end(snapshot.active), uint64_t{0});
    summary.edges = in_seconds(snapshot.latency_edges_ns);
    summary.latency = counts.latency.summary(summary.edges);
    summary.servers = server_rows(std::move(counts.servers), summary.edges);
    summary.buckets = std::move(counts.latency.buckets);
    summary.recent = recent;
    summary.domains = std::move(domains);
    return summary;
}

}  // namespace dnsexp
