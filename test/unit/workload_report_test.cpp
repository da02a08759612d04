#include "exporter/fold/workload_report.h"

#include <catch2/catch.hpp>
#include <cstring>

#include "test/support/snapshots.h"

using namespace dnsexp;
using namespace dnsexp::testing;

namespace {

WorkloadCounts counts(uint32_t slot, const std::string& comm, uint64_t answered, uint64_t cgroup = 7,
                      uint64_t role = DNS_ROLE_CLIENT) {
    WorkloadCounts one{slot, {cgroup, {}, role}, {}, false};
    std::memcpy(one.key.comm, comm.data(), comm.size());
    one.counts.outcomes[0] = answered;
    one.counts.latency[0] = answered;
    one.counts.latency_sum_ns = answered * 500'000;
    return one;
}

using Outcomes = std::vector<std::pair<std::string, uint64_t>>;

// Edges of 1 ms, 10 ms and 1 s.
WorkloadReport report_of(std::vector<WorkloadCounts> workloads, const NamesByCgroup& names = {}) {
    RawSnapshot snapshot = empty_snapshot();
    snapshot.has_workloads = true;
    snapshot.workloads = std::move(workloads);
    EndedWorkloads ended;
    ended.update(snapshot.workloads);
    return workload_report(snapshot, names, ended.sums(), 0);
}

std::vector<std::string> comms(const WorkloadReport& report) {
    std::vector<std::string> texts;
    for (const WorkloadRow& row : report.rows) texts.push_back(row.comm);
    return texts;
}

}  // namespace

TEST_CASE("Every workload is there with what it counted, the one that asked most first") {
    NamesByCgroup names;
    names[8] = {"app", "web-1", "shop", "web\n", true};
    WorkloadCounts curl = counts(3, "curl", 10, 8);
    curl.counts.outcomes[3] = 5;
    curl.counts.outcomes[DNS_WORKLOAD_RCODE_OTHER] = 1;
    curl.counts.outcomes[DNS_WORKLOAD_TIMEOUT] = 2;
    curl.counts.outcomes[DNS_WORKLOAD_UNTRACKED] = 3;
    curl.counts.latency[1] = 5;
    curl.counts.latency[DNS_LATENCY_BUCKETS - 1] = 1;
    const WorkloadReport report = report_of({counts(2, "dig", 7), curl, counts(4, "idle", 0)}, names);
    CHECK(report.available);
    CHECK(comms(report) == std::vector<std::string>{"curl", "dig", "idle"});
    const WorkloadRow& row = report.rows[0];
    CHECK(row.role == "client");
    CHECK(row.container == "app");
    CHECK(row.pod == "web-1");
    CHECK(row.namespace_ == "shop");
    CHECK(row.workload == "web\\010");
    CHECK(row.cgroup == 8);
    CHECK(row.sum.queries == 21);
    CHECK(row.sum.outcomes ==
          Outcomes{{"NOERROR", 10}, {"NXDOMAIN", 5}, {"other", 1}, {"TIMEOUT", 2}, {"UNTRACKED", 3}});
    CHECK(row.sum.latency.count == 16);
    CHECK(row.sum.latency.sum_seconds == Approx(0.005));
    CHECK(row.sum.latency.p50.value() == Approx(0.0008));  // the 8th of 10 below 1 ms
    CHECK(row.sum.latency.p99.value() == 1);               // above the last edge
    CHECK_FALSE(report.rows[2].sum.latency.p50);
}

TEST_CASE("The two slots of one workload make one row") {
    // One that was idle has lost its slot, asks again, and has another while the first is not read for the
    // last time.
    const WorkloadReport report =
        report_of({counts(2, "dig", 7), counts(3, "dig", 4), counts(4, "dig", 9, 8)});
    REQUIRE(report.rows.size() == 2);
    CHECK(report.rows[0].sum.queries == 11);
    CHECK(report.rows[1].sum.queries == 9);
}

TEST_CASE("Others, rows and what has ended are all that was counted, in each role") {
    RawSnapshot snapshot = empty_snapshot();
    EndedWorkloads ended;
    snapshot.workloads = {counts(DNS_ROLE_CLIENT, "", 100), counts(DNS_ROLE_SERVER, "", 200),
                          counts(2, "dig", 7), counts(3, "named", 5, 7, DNS_ROLE_SERVER)};
    snapshot.workloads[2].ended = true;
    ended.update(snapshot.workloads);
    WorkloadReport report = workload_report(snapshot, {}, ended.sums(), 0);
    CHECK(comms(report) == std::vector<std::string>{"named"});
    CHECK(report.rest[0].role == "client");
    CHECK(report.rest[0].others.queries == 100);
    CHECK(report.rest[0].ended.queries == 7);
    CHECK(report.rest[0].ended.latency.count == 7);
    CHECK(report.rest[1].others.queries == 200);
    CHECK(report.rest[1].ended.queries == 0);

    snapshot.workloads = {counts(2, "curl", 1)};  // the slot is another's now
    ended.update(snapshot.workloads);
    report = workload_report(snapshot, {}, ended.sums(), 0);
    CHECK(comms(report) == std::vector<std::string>{"curl"});
    CHECK(report.rows[0].sum.queries == 1);
    CHECK(report.rest[0].ended.queries == 7);
}

TEST_CASE("A cgroup of version 1 shows its id without the flag") {
    const WorkloadReport report =
        report_of({counts(2, "dig", 1, 42 | DNS_CGROUP_V1), counts(3, "dig", 2, 42)});
    REQUIRE(report.rows.size() == 2);
    CHECK(report.rows[0].cgroup == 42);
    CHECK_FALSE(report.rows[0].is_v1);
    CHECK(report.rows[1].cgroup == 42);
    CHECK(report.rows[1].is_v1);
}

TEST_CASE("A process's name is printable text, and the time is the snapshot's") {
    RawSnapshot snapshot = empty_snapshot();
    snapshot.time_ns = 1000;
    snapshot.workloads = {counts(2, "\"\xff\n", 1)};
    const WorkloadReport report = workload_report(snapshot, {}, {}, 5000);
    CHECK(report.rows[0].comm == "\"\\255\\010");
    CHECK(report.time_unix_ns == 6000);
    CHECK_FALSE(report.available);
}

TEST_CASE("With other edges the latencies of what has ended are forgotten, its queries are not") {
    EndedWorkloads ended;
    WorkloadCounts one = counts(2, "dig", 7);
    one.ended = true;
    ended.update({one});
    ended.restart_latency();
    CHECK(ended.sums()[DNS_ROLE_CLIENT].outcomes[0] == 7);
    CHECK(ended.sums()[DNS_ROLE_CLIENT].latency[0] == 0);
    CHECK(ended.sums()[DNS_ROLE_CLIENT].latency_sum_ns == 0);
    ended.update({one});
    CHECK(ended.sums()[DNS_ROLE_CLIENT].outcomes[0] == 14);
    CHECK(ended.sums()[DNS_ROLE_CLIENT].latency[0] == 7);
}
