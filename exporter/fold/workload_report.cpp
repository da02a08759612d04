#include "exporter/fold/workload_report.h"

#include <algorithm>
#include <bit>
#include <map>

#include "exporter/fold/names.h"
#include "exporter/fold/workload_text.h"

namespace dnsexp {
namespace {

// Whole words, so that keys have an order.
using KeyWords = std::array<uint64_t, sizeof(dns_workload_key) / sizeof(uint64_t)>;

void add(dns_workload& to, const dns_workload& what) {
    for (size_t i = 0; i < std::size(to.outcomes); ++i) to.outcomes[i] += what.outcomes[i];
    to.latency_sum_ns += what.latency_sum_ns;
    for (size_t i = 0; i < std::size(to.latency); ++i) to.latency[i] += what.latency[i];
}

LatencySummary latency_of(const dns_workload& counts, const std::vector<double>& edges) {
    std::vector<uint64_t> buckets(edges.size() + 1);
    for (size_t i = 0; i < DNS_LATENCY_BUCKETS; ++i) buckets[std::min(i, edges.size())] += counts.latency[i];
    return summarize_latency(edges, buckets, in_seconds(counts.latency_sum_ns));
}

WorkloadSum sum_of(const dns_workload& counts, const std::vector<double>& edges) {
    WorkloadSum sum;
    for (size_t i = 0; i < DNS_WORKLOAD_OUTCOMES; ++i) {
        if (counts.outcomes[i] == 0) continue;
        sum.queries += counts.outcomes[i];
        sum.outcomes.emplace_back(outcome_name(workload_outcome(i)), counts.outcomes[i]);
    }
    sum.latency = latency_of(counts, edges);
    return sum;
}

WorkloadRow row_of(const dns_workload_key& key, const NamesByCgroup& names) {
    WorkloadRow row;
    row.role = role_name(static_cast<uint32_t>(key.role));
    row.comm = comm_text(key);
    row.cgroup = key.cgroup & ~DNS_CGROUP_V1;
    row.is_v1 = (key.cgroup & DNS_CGROUP_V1) != 0;
    const auto known = names.find(key.cgroup);
    if (known == names.end()) return row;
    row.container = printable_text(known->second.container);
    row.pod = printable_text(known->second.pod);
    row.namespace_ = printable_text(known->second.namespace_);
    row.workload = printable_text(known->second.workload);
    return row;
}

}  // namespace

void EndedWorkloads::update(const std::vector<WorkloadCounts>& workloads) {
    for (const WorkloadCounts& one : workloads)
        if (one.ended && one.slot >= DNS_WORKLOAD_OTHERS && one.key.role < sums_.size())
            add(sums_[one.key.role], one.counts);
}

void EndedWorkloads::restart_latency() {
    for (dns_workload& sum : sums_) {
        sum.latency_sum_ns = 0;
        std::fill(std::begin(sum.latency), std::end(sum.latency), 0);
    }
}

WorkloadReport workload_report(const RawSnapshot& snapshot, const NamesByCgroup& names,
                               const EndedWorkloads::Sums& ended, uint64_t unix_offset_ns) {
    WorkloadReport report;
    report.time_unix_ns = snapshot.time_ns + unix_offset_ns;
    report.available = snapshot.has_workloads;
    const std::vector<double> edges = in_seconds(snapshot.latency_edges_ns);
    EndedWorkloads::Sums others{};
    std::map<KeyWords, dns_workload> by_key;
    for (const WorkloadCounts& one : snapshot.workloads) {
        if (one.slot < DNS_WORKLOAD_OTHERS)
            add(others[one.slot], one.counts);
        else if (!one.ended)
            add(by_key[std::bit_cast<KeyWords>(one.key)], one.counts);
    }
    for (const auto& [key, counts] : by_key) {
        report.rows.push_back(row_of(std::bit_cast<dns_workload_key>(key), names));
        report.rows.back().sum = sum_of(counts, edges);
    }
    std::stable_sort(report.rows.begin(), report.rows.end(), [](const WorkloadRow& a, const WorkloadRow& b) {
        return a.sum.queries > b.sum.queries;
    });
    for (uint32_t role = 0; role < DNS_WORKLOAD_OTHERS; ++role)
        report.rest[role] = {std::string(role_name(role)), sum_of(others[role], edges),
                             sum_of(ended[role], edges)};
    return report;
}

}  // namespace dnsexp
