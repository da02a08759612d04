#include "exporter/source/latency_restart.h"

#include <algorithm>

namespace dnsexp {
namespace {

// The three places that hold a histogram, as one type.
dns_latency of_workload(const dns_workload& counts) {
    dns_latency latency{counts.latency_sum_ns, {}};
    std::copy(std::begin(counts.latency), std::end(counts.latency), latency.buckets);
    return latency;
}

dns_latency of_hits(const dns_stats& sockets) {
    dns_latency latency{sockets.hit_latency_sum_ns, {}};
    std::copy(std::begin(sockets.hit_latency), std::end(sockets.hit_latency), latency.buckets);
    return latency;
}

void add(dns_latency& to, const dns_latency& what) {
    to.sum_ns += what.sum_ns;
    for (size_t i = 0; i < DNS_LATENCY_BUCKETS; ++i) to.buckets[i] += what.buckets[i];
}

void subtract(const dns_latency& base, __u64& sum_ns, __u64 (&buckets)[DNS_LATENCY_BUCKETS]) {
    sum_ns -= base.sum_ns;
    for (size_t i = 0; i < DNS_LATENCY_BUCKETS; ++i) buckets[i] -= base.buckets[i];
}

}  // namespace

void LatencyRestart::restart(const RawSnapshot& snapshot) {
    has_base_ = true;
    latencies_.clear();
    workloads_.clear();
    for (const auto& [key, cpus] : snapshot.latencies)
        for (const dns_latency& cpu : cpus) add(latencies_[key], cpu);
    for (const WorkloadCounts& one : snapshot.workloads)
        if (!one.ended) workloads_[one.slot] = of_workload(one.counts);
    hits_ = of_hits(snapshot.sockets);
}

void LatencyRestart::apply(RawSnapshot& snapshot) {
    if (!has_base_) return;
    for (auto& [key, cpus] : snapshot.latencies) {
        dns_latency sum{};
        for (const dns_latency& cpu : cpus) add(sum, cpu);
        if (const auto base = latencies_.find(key); base != latencies_.end())
            subtract(base->second, sum.sum_ns, sum.buckets);
        cpus = {sum};
    }
    for (WorkloadCounts& one : snapshot.workloads) {
        const auto base = workloads_.find(one.slot);
        if (base == workloads_.end()) continue;
        subtract(base->second, one.counts.latency_sum_ns, one.counts.latency);
        if (one.ended) workloads_.erase(base);
    }
    subtract(hits_, snapshot.sockets.hit_latency_sum_ns, snapshot.sockets.hit_latency);
}

}  // namespace dnsexp
