// What Fold keeps for those who ask, beside what it exposes.
#include <catch2/catch.hpp>
#include <cstring>

#include "exporter/fold/fold.h"
#include "test/support/snapshots.h"

using namespace dnsexp;
using namespace dnsexp::testing;

namespace {

constexpr uint64_t millisecond = 1'000'000;

RawSnapshot snapshot_of(uint64_t time_ns, const std::string& comm, uint64_t queries, bool ended) {
    RawSnapshot snapshot = empty_snapshot();
    snapshot.time_ns = time_ns;
    snapshot.has_workloads = true;
    WorkloadCounts one{5, {7, {}, DNS_ROLE_CLIENT}, {}, ended};
    std::memcpy(one.key.comm, comm.data(), comm.size());
    one.counts.outcomes[0] = queries;
    snapshot.workloads = {one};
    return snapshot;
}

dns_event slow_event(const std::string& name, uint64_t latency_ns) {
    dns_event event = event_for(name);
    event.latency_ns = latency_ns;
    event.asker = {10, 11, 12, 5, 1};
    return event;
}

uint64_t shown(const Folded& folded, const std::string& comm) {
    uint64_t sum = 0;
    for (const Series& series : folded[Metric::workload_queries].series)
        if (series.labels[1] == comm) sum += series.value;
    return sum;
}

}  // namespace

TEST_CASE("A slow event is kept, and named by a fold or by an update") {
    for (const bool by_update : {false, true}) {
        FoldOptions options;
        options.slow_threshold_ns = 50 * millisecond;
        Fold fold(options);
        fold.add_event(slow_event("fast.example", 50 * millisecond));
        fold.add_event(slow_event("slow.example", 51 * millisecond));
        const RawSnapshot snapshot = snapshot_of(1, "dig", 2, false);
        if (by_update)
            fold.update(snapshot, {});
        else
            fold.fold(snapshot);
        const auto rows = fold.slow().rows(0);
        REQUIRE(rows.size() == 1);
        CHECK(rows[0].name == "slow.example");
        CHECK(rows[0].comm == "dig");
    }
    CHECK(FoldOptions{}.slow_threshold_ns == 100 * millisecond);
}

TEST_CASE("A slot's last counts that an update took are in the next exposition, and count as ended once") {
    Fold fold({});
    fold.set_collected(false);
    fold.update(snapshot_of(1, "dig", 3, false), {});
    fold.update(snapshot_of(2, "dig", 5, true), {});
    const Folded folded = fold.fold(snapshot_of(3, "curl", 2, false));
    CHECK(shown(folded, "dig") == 5);
    CHECK(shown(folded, "curl") == 2);
    CHECK(fold.ended_workloads()[DNS_ROLE_CLIENT].outcomes[0] == 5);
    fold.fold(snapshot_of(4, "curl", 4, true));
    CHECK(fold.ended_workloads()[DNS_ROLE_CLIENT].outcomes[0] == 9);
}

TEST_CASE("New numbers of series and a new slow threshold are taken over while events come") {
    FoldOptions options;
    options.top_domains = options.top_clients = options.top_workloads = 0;
    Fold fold(options);
    fold.set_collected(false);
    dns_event event = slow_event("www.example.com", 60 * millisecond);
    event.role = DNS_ROLE_SERVER;
    event.client = ipv4(0xc0000207);
    const auto series = [&fold](uint64_t time_ns) {
        const Folded folded = fold.fold(snapshot_of(time_ns, "dig", time_ns, false));
        const auto count = [&folded](Metric metric) { return folded[metric].series.size(); };
        return std::array{shown(folded, "dig") != 0, count(Metric::domain_queries) > 8,
                          count(Metric::client_queries) > 1};
    };
    fold.add_event(event);
    CHECK(series(1) == std::array{false, false, false});
    CHECK(fold.slow().rows(0).empty());
    options.top_domains = options.top_clients = options.top_workloads = 1;
    options.slow_threshold_ns = 50 * millisecond;
    fold.reconfigure(options);
    fold.exported();
    fold.add_event(event);
    series(2);
    CHECK(series(3) == std::array{true, true, true});
    CHECK(fold.slow().rows(0).size() == 1);
}

TEST_CASE("A restart of latencies reaches shown and ended workloads") {
    Fold fold({});
    fold.set_collected(false);
    RawSnapshot snapshot = snapshot_of(1, "dig", 3, true);
    snapshot.workloads[0].counts.latency[0] = 3;
    fold.fold(snapshot);
    CHECK(fold.ended_workloads()[DNS_ROLE_CLIENT].latency[0] == 3);
    fold.restart_latency();
    CHECK(fold.ended_workloads()[DNS_ROLE_CLIENT].latency[0] == 0);
    const Folded folded = fold.fold(snapshot_of(2, "curl", 1, false));
    const auto& histograms = folded[Metric::workload_latency].histograms;
    for (const HistogramSeries& one : histograms) CHECK(one.cumulative.back() == 0);
    CHECK_FALSE(histograms.empty());
}
