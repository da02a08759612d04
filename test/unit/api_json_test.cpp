#include "exporter/api/json.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <nlohmann/json.hpp>

#include "exporter/version.h"
#include "test/support/snapshots.h"

using namespace dnsexp;
using namespace dnsexp::testing;
using nlohmann::json;

namespace {

TransactionRow full_row() {
    TransactionRow row;
    row.time_unix_ns = 1'700'000'000'000'000'001;
    row.name = "www.example.com";
    row.type = "AAAA";
    row.server = "192.0.2.53";
    row.client = "2001:db8::1";
    row.role = "client";
    row.transport = "udp";
    row.outcome = "NXDOMAIN";
    row.latency_ns = 150'000'000;
    row.process = TransactionRow::Process{1, 2, 4294967295};
    name_workload(row, "dig", {"app", "web-1", "shop", "web", true});
    return row;
}

bool is_ascii(const std::string& text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<uint8_t>(c) < 0x80; });
}

WorkloadReport report_of(size_t clients, size_t servers) {
    WorkloadReport report;
    report.time_unix_ns = 1'700'000'000'000'000'001;
    report.available = true;
    for (size_t i = 0; i < clients + servers; ++i) {
        WorkloadRow row;
        row.role = i < clients ? "client" : "server";
        row.comm = "p" + std::to_string(i);
        row.sum.queries = 5000 - i;
        report.rows.push_back(row);
    }
    report.rest[0].role = "client";
    report.rest[1].role = "server";
    report.rest[0].others.queries = 11;
    report.rest[1].ended.queries = 22;
    return report;
}

}  // namespace

TEST_CASE("A transaction's object has every column") {
    const std::string text = transaction_json(full_row());
    CHECK(text.find('\n') == std::string::npos);
    CHECK(json::parse(text) == json::parse(R"({
        "time": "2023-11-14T22:13:20.000000001Z", "name": "www.example.com", "type": "AAAA",
        "server": "192.0.2.53", "client": "2001:db8::1", "role": "client", "transport": "udp",
        "outcome": "NXDOMAIN", "latency_seconds": 0.15, "pid": 1, "tid": 2, "uid": 4294967295, "comm": "dig",
        "container": "app", "pod": "web-1", "namespace": "shop", "workload": "web"})"));
    CHECK(text.rfind("{\"time\":", 0) == 0);
}

TEST_CASE("What is not known is null, and no column is missing") {
    TransactionRow row = full_row();
    row.name = row.type = "";
    row.latency_ns.reset();
    row.process.reset();
    name_workload(row, "", {});
    const json parsed = json::parse(transaction_json(row));
    CHECK(parsed.size() == json::parse(transaction_json(full_row())).size());
    for (const char* column : {"name", "type", "latency_seconds", "pid", "tid", "uid", "comm", "container",
                               "pod", "namespace", "workload"}) {
        INFO(column);
        CHECK(parsed.at(column).is_null());
    }
}

TEST_CASE("Names from hostile hands are valid JSON in ASCII, and come back as printable text") {
    dns_event event = event_for("a\"\\\x1b\xff");
    event.asker.known = 1;
    TransactionRow row = transaction_row(event, 0);
    name_workload(row, "x", {"\"}],\n", "\xc3\x28", std::string("a\0b", 3), "</script>\xe2\x80\xa8", true});
    const std::string text = transaction_json(row);
    CHECK(is_ascii(text));
    const json parsed = json::parse(text);
    CHECK(parsed["name"] == "a\\\"\\\\\\027\\255");  // RFC 1035, 5.1: \X and \DDD
    CHECK(parsed["container"] == "\"}],\\010");
    CHECK(parsed["pod"] == "\\195(");
    CHECK(parsed["namespace"] == "a\\000b");
    CHECK(parsed["workload"] == "</script>\\226\\128\\168");
}

TEST_CASE("A process that calls itself anything is shown in valid JSON") {
    RawSnapshot snapshot = empty_snapshot();
    WorkloadCounts one{2, {7, {}, DNS_ROLE_CLIENT}, {}, false};
    const std::string comm = "\",\"a\":\xff\x80\n\t\\";
    std::memcpy(one.key.comm, comm.data(), comm.size());
    snapshot.workloads = {one};
    const std::string text = workloads_json(workload_report(snapshot, {}, {}, 0), {});
    CHECK(is_ascii(text));
    CHECK(json::parse(text)["workloads"][0]["comm"] == "\",\"a\":\\255\\128\\010\\009\\\\");
}

TEST_CASE("The slow ones are a list in the order of the rows") {
    TransactionRow second = full_row();
    second.name = "second.example";
    const json parsed = json::parse(slow_json({full_row(), second}, 100'000'000, 77));
    CHECK(parsed["generated_unix_ns"] == 77);
    CHECK(parsed["threshold_seconds"] == 0.1);
    REQUIRE(parsed["transactions"].size() == 2);
    CHECK(parsed["transactions"][1] == json::parse(transaction_json(second)));
    CHECK(json::parse(slow_json({}, 0, 0))["transactions"] == json::array());
}

TEST_CASE("A workload's object has every field") {
    WorkloadReport report = report_of(1, 0);
    report.rows[0] = {"client", "dig", "app", "web-1", "shop", "web", 42, false, {}};
    report.rows[0].sum = {12, {{"NOERROR", 10}, {"TIMEOUT", 2}}, {10, 0.5, 0.01, 0.02, 0.03}};
    CHECK(json::parse(workloads_json(report, {}))["workloads"][0] == json::parse(R"({
        "role": "client", "namespace": "shop", "pod": "web-1", "container": "app", "workload": "web", "comm": "dig",
        "cgroup": 42, "cgroup_version": 2, "queries": 12, "outcomes": {"NOERROR": 10, "TIMEOUT": 2},
        "latency": {"count": 10, "sum_seconds": 0.5, "p50": 0.01, "p95": 0.02, "p99": 0.03}})"));
    const json bare = json::parse(workloads_json(report_of(1, 0), {}))["workloads"][0];
    CHECK(bare.size() == 11);
    for (const char* field : {"namespace", "pod", "container", "workload", "cgroup", "cgroup_version"})
        CHECK(bare.at(field).is_null());
    CHECK(bare["outcomes"] == json::object());
    CHECK(bare["latency"]["p95"].is_null());
}

TEST_CASE("The limit cuts the list, and the total says what there is") {
    const WorkloadReport report = report_of(150, 20);
    json parsed = json::parse(workloads_json(report, {}));
    CHECK(parsed["generated_unix_ns"] == 1'700'000'000'000'000'001);
    CHECK(parsed["available"] == true);
    CHECK(parsed["total"] == 170);
    REQUIRE(parsed["workloads"].size() == 100);
    CHECK(parsed["workloads"][99]["comm"] == "p99");
    parsed = json::parse(workloads_json(report, {1, ""}));
    CHECK(parsed["workloads"].size() == 1);
    CHECK(parsed["total"] == 170);
    CHECK(json::parse(workloads_json(report, {1024, ""}))["workloads"].size() == 170);
}

TEST_CASE("A role shows its own workloads, others and ended ones") {
    const WorkloadReport report = report_of(150, 20);
    json parsed = json::parse(workloads_json(report, {}));
    CHECK(parsed["others"]["client"]["queries"] == 11);
    CHECK(parsed["ended"]["server"]["queries"] == 22);
    parsed = json::parse(workloads_json(report, {100, "server"}));
    CHECK(parsed["total"] == 20);
    REQUIRE(parsed["workloads"].size() == 20);
    CHECK(parsed["workloads"][0]["comm"] == "p150");
    CHECK(parsed["others"].size() == 1);
    CHECK(parsed["ended"]["server"]["queries"] == 22);
}

TEST_CASE("A summary's object has every field") {
    Summary summary;
    summary.time_unix_ns = 1'700'000'000'000'000'001;
    summary.monotonic_ns = 42;
    summary.interfaces = {"eth0", "lo"};
    summary.queries = 12;
    summary.active = 3;
    summary.outcomes = {{"NOERROR", 10}, {"TIMEOUT", 2}};
    summary.types = {{"A", 12}};
    summary.edges = {0.001, 0.01};
    summary.buckets = {4, 5, 1};
    summary.latency = {10, 0.5, 0.002, 0.009, 0.01};
    summary.recent = RecentLatency::Extremes{500'000, 2'000'000'000};
    summary.domains = {{"example.com", 9, {}}};
    summary.servers = {{"192.0.2.1", "client", 12, {10, 0.5, 0.002, 0.009, 0.01}, {}, {}}};
    summary.hooks = {{"eth0", "ingress", "tcx", false}};
    json parsed = json::parse(summary_json(summary, {}, 7));
    CHECK(parsed["exporter"] ==
          json{{"version", DNSEXP_VERSION}, {"revision", DNSEXP_REVISION}, {"start_unix_ns", 7}});
    parsed.erase("exporter");
    CHECK(parsed == json::parse(R"({
        "generated_unix_ns": 1700000000000000001, "monotonic_ns": 42, "interfaces": ["eth0", "lo"],
        "hooks": [{"interface": "eth0", "hook": "ingress", "mode": "tcx", "attached": false}],
        "totals": {"queries": 12, "active_queries": 3}, "outcomes": {"NOERROR": 10, "TIMEOUT": 2},
        "types": {"A": 12},
        "latency": {"edges_seconds": [0.001, 0.01], "buckets": [4, 5, 1], "count": 10, "sum_seconds": 0.5},
        "recent": {"window_seconds": 60, "min_seconds": 0.0005, "max_seconds": 2.0},
        "domains": [{"domain": "example.com", "queries": 9}],
        "servers": [{"server": "192.0.2.1", "role": "client", "queries": 12,
                     "latency": {"count": 10, "sum_seconds": 0.5, "p50": 0.002, "p95": 0.009, "p99": 0.01}}],
        "workloads": []})"));
}

TEST_CASE("A summary of nothing has empty lists and null where nothing is known") {
    const json parsed = json::parse(summary_json({}, {}, 0));
    CHECK(parsed["outcomes"] == json::object());
    CHECK(parsed["domains"] == json::array());
    CHECK(parsed["interfaces"] == json::array());
    CHECK(parsed["recent"]["min_seconds"].is_null());
    CHECK(parsed["recent"]["max_seconds"].is_null());
}

TEST_CASE("A summary shows the heaviest fifty workloads") {
    const json parsed = json::parse(summary_json({}, report_of(150, 20), 0));
    REQUIRE(parsed["workloads"].size() == 50);
    CHECK(parsed["workloads"][0]["comm"] == "p0");
    CHECK(parsed["workloads"][49]["comm"] == "p49");
}

TEST_CASE("A transaction of a sample has its weight, and all that it has without") {
    TransactionRow row;
    row.name = "example.com";
    auto object = nlohmann::json::parse(transaction_json(row, 25));
    CHECK(object.at("weight") == 25);
    object.erase("weight");
    CHECK(object == nlohmann::json::parse(transaction_json(row)));
}
