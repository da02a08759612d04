#include "exporter/source/latency_restart.h"

#include <catch2/catch.hpp>
#include <numeric>

using namespace dnsexp;

namespace {

dns_latency latency(uint64_t sum_ns, std::initializer_list<uint64_t> buckets) {
    dns_latency counts{sum_ns, {}};
    std::copy(buckets.begin(), buckets.end(), counts.buckets);
    return counts;
}

WorkloadCounts workload(uint32_t slot, uint64_t sum_ns, std::initializer_list<uint64_t> buckets,
                        bool ended = false) {
    WorkloadCounts one{slot, {7, {}, DNS_ROLE_CLIENT}, {}, ended};
    one.counts.outcomes[0] = 100;
    one.counts.latency_sum_ns = sum_ns;
    std::copy(buckets.begin(), buckets.end(), one.counts.latency);
    return one;
}

RawSnapshot with_latencies(std::vector<PerCpuEntry<uint32_t, dns_latency>> latencies) {
    RawSnapshot snapshot;
    snapshot.latencies = std::move(latencies);
    return snapshot;
}

RawSnapshot with_workloads(std::vector<WorkloadCounts> workloads) {
    RawSnapshot snapshot;
    snapshot.workloads = std::move(workloads);
    return snapshot;
}

RawSnapshot applied(LatencyRestart& restart, RawSnapshot snapshot) {
    restart.apply(snapshot);
    return snapshot;
}

using Counts = std::vector<uint64_t>;

// The sum and the first buckets; all others are checked to be 0.
template <size_t N>
Counts counts_of(uint64_t sum_ns, const __u64 (&buckets)[N]) {
    CHECK(std::accumulate(std::begin(buckets) + 3, std::end(buckets), uint64_t{0}) == 0);
    return {sum_ns, buckets[0], buckets[1], buckets[2]};
}
Counts of_key(const RawSnapshot& snapshot, uint32_t key) {
    for (const auto& [at, cpus] : snapshot.latencies) {
        if (at != key) continue;
        dns_latency sum{};
        for (const dns_latency& cpu : cpus) {
            sum.sum_ns += cpu.sum_ns;
            for (size_t i = 0; i < DNS_LATENCY_BUCKETS; ++i) sum.buckets[i] += cpu.buckets[i];
        }
        return counts_of(sum.sum_ns, sum.buckets);
    }
    return {};
}
Counts of_workload(const RawSnapshot& snapshot, size_t index) {
    const dns_workload& counts = snapshot.workloads.at(index).counts;
    CHECK(counts.outcomes[0] == 100);  // no part of it
    return counts_of(counts.latency_sum_ns, counts.latency);
}

}  // namespace

TEST_CASE("Before the first restart a snapshot stays as it was read") {
    LatencyRestart restart;
    RawSnapshot snapshot = with_latencies({{3, {latency(10, {1}), latency(20, {0, 2})}}});
    snapshot.workloads = {workload(5, 30, {3})};
    snapshot.sockets.hit_latency[1] = 4;
    const RawSnapshot after = applied(restart, snapshot);
    CHECK(after.latencies[0].cpus.size() == 2);
    CHECK(of_key(after, 3) == Counts{30, 1, 2, 0});
    CHECK(of_workload(after, 0) == Counts{30, 3, 0, 0});
    CHECK(after.sockets.hit_latency[1] == 4);
}

TEST_CASE("After a restart each key's histogram is what came since, over all CPUs") {
    LatencyRestart restart;
    const RawSnapshot base =
        with_latencies({{3, {latency(10, {1}), latency(20, {0, 2})}}, {8, {latency(7, {0, 0, 5}), {}}}});
    restart.restart(base);
    const RawSnapshot same = applied(restart, base);
    CHECK(of_key(same, 3) == Counts{0, 0, 0, 0});
    CHECK(of_key(same, 8) == Counts{0, 0, 0, 0});
    // The other CPU counts on; a key is new.
    const RawSnapshot later =
        applied(restart, with_latencies({{3, {latency(110, {1, 1}), latency(25, {0, 2, 1})}},
                                         {8, {latency(7, {0, 0, 5}), latency(1, {1})}},
                                         {9, {latency(2, {2}), latency(3, {0, 3})}}}));
    CHECK(of_key(later, 3) == Counts{105, 0, 1, 1});
    CHECK(of_key(later, 8) == Counts{1, 1, 0, 0});
    CHECK(of_key(later, 9) == Counts{5, 2, 3, 0});
}

TEST_CASE("A second restart begins with what was read, not with what the first left") {
    LatencyRestart restart;
    restart.restart(with_latencies({{3, {latency(10, {1})}}, {4, {latency(1, {1})}}}));
    restart.restart(with_latencies({{3, {latency(50, {2, 3})}}}));
    const RawSnapshot later =
        applied(restart, with_latencies({{3, {latency(60, {2, 4})}}, {4, {latency(1, {1})}}}));
    CHECK(of_key(later, 3) == Counts{10, 0, 1, 0});
    CHECK(of_key(later, 4) == Counts{1, 1, 0, 0});  // the second base did not have it
}

TEST_CASE("A workload's histogram begins anew by its slot, `other` of each role too") {
    LatencyRestart restart;
    restart.restart(with_workloads({workload(0, 4, {4}), workload(5, 30, {3}), workload(6, 1, {0, 1})}));
    const RawSnapshot later =
        applied(restart, with_workloads({workload(0, 6, {5}), workload(5, 42, {3, 0, 2}),
                                         workload(6, 1, {0, 1}), workload(7, 9, {9})}));
    CHECK(of_workload(later, 0) == Counts{2, 1, 0, 0});
    CHECK(of_workload(later, 1) == Counts{12, 0, 0, 2});
    CHECK(of_workload(later, 2) == Counts{0, 0, 0, 0});
    CHECK(of_workload(later, 3) == Counts{9, 9, 0, 0});
}

TEST_CASE("A slot's last counts have the base taken off, and who has it next counts from 0") {
    LatencyRestart restart;
    restart.restart(with_workloads({workload(5, 30, {3})}));
    CHECK(of_workload(applied(restart, with_workloads({workload(5, 31, {3, 1}, true)})), 0) ==
          Counts{1, 0, 1, 0});
    CHECK(of_workload(applied(restart, with_workloads({workload(5, 2, {1})})), 0) == Counts{2, 1, 0, 0});
}

TEST_CASE("A slot that had ended in the base is another's in what comes") {
    LatencyRestart restart;
    restart.restart(with_workloads({workload(5, 30, {3}, true)}));
    CHECK(of_workload(applied(restart, with_workloads({workload(5, 2, {1})})), 0) == Counts{2, 1, 0, 0});
}

TEST_CASE("The histogram of cache hits begins anew, and their count goes on") {
    LatencyRestart restart;
    RawSnapshot snapshot;
    snapshot.sockets.cache_hits = 6;
    snapshot.sockets.hit_latency[0] = 4;
    snapshot.sockets.hit_latency[2] = 2;
    snapshot.sockets.hit_latency_sum_ns = 900;
    restart.restart(snapshot);
    snapshot.sockets.cache_hits = 7;
    snapshot.sockets.hit_latency[1] = 1;
    snapshot.sockets.hit_latency_sum_ns = 950;
    const RawSnapshot later = applied(restart, snapshot);
    CHECK(later.sockets.cache_hits == 7);
    CHECK(counts_of(later.sockets.hit_latency_sum_ns, later.sockets.hit_latency) == Counts{50, 0, 1, 0});
}
