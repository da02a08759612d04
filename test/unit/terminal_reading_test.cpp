#include "exporter/terminal/reading.h"

#include <catch2/catch.hpp>

using namespace dnsexp;

namespace {

// As docs/api.md has it.
constexpr const char* summary_text = R"({
    "generated_unix_ns": 1700000000000000001, "monotonic_ns": 42, "interfaces": ["eth0", "lo"],
    "totals": {"queries": 12, "active_queries": 3}, "outcomes": {"NOERROR": 10, "TIMEOUT": 2},
    "types": {"A": 12},
    "latency": {"edges_seconds": [0.001, 0.01], "buckets": [4, 5, 1], "count": 10, "sum_seconds": 0.5},
    "recent": {"window_seconds": 60, "min_seconds": 0.0005, "max_seconds": 2.0},
    "domains": [{"domain": "example.com", "queries": 9}],
    "servers": [{"server": "192.0.2.1", "role": "client", "queries": 12,
                 "latency": {"count": 10, "sum_seconds": 0.5, "p50": 0.002, "p95": 0.009, "p99": 0.01}}],
    "workloads": [{"role": "client", "namespace": "shop", "pod": "web-1", "container": "app", "workload": "web",
                   "comm": "dig", "cgroup": 42, "cgroup_version": 2, "queries": 12, "outcomes": {"NOERROR": 10},
                   "latency": {"count": 10, "sum_seconds": 0.25, "p50": null, "p95": null, "p99": null}},
                  {"role": "server", "namespace": null, "pod": null, "container": null, "workload": "unbound.service",
                   "comm": "unbound", "cgroup": 7, "cgroup_version": 1, "queries": 2, "outcomes": {},
                   "latency": {"count": 0, "sum_seconds": 0.0, "p50": null, "p95": null, "p99": null}}]})";

bool is_printable(const std::string& text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
}

}  // namespace

TEST_CASE("A summary is read whole") {
    const auto result = read_summary(summary_text);
    REQUIRE(result);
    const SummaryReading& one = result.value();
    CHECK(one.unix_ns == 1'700'000'000'000'000'001);
    CHECK(one.monotonic_ns == 42);
    CHECK(one.interfaces == std::vector<std::string>{"eth0", "lo"});
    CHECK(one.queries == 12);
    CHECK(one.active == 3);
    CHECK(one.outcomes == std::map<std::string, uint64_t>{{"NOERROR", 10}, {"TIMEOUT", 2}});
    CHECK(one.edges == std::vector<double>{0.001, 0.01});
    CHECK(one.buckets == std::vector<uint64_t>{4, 5, 1});
    CHECK(one.sum_seconds == 0.5);
    CHECK(one.min_seconds == 0.0005);
    CHECK(one.max_seconds == 2);
    REQUIRE(one.domains.size() == 1);
    CHECK(one.domains[0].name == "example.com");
    CHECK(one.domains[0].queries == 9);
    REQUIRE(one.servers.size() == 1);
    CHECK(one.servers[0].name == "192.0.2.1");
    CHECK(one.servers[0].answered == 10);
    CHECK(one.servers[0].sum_seconds == 0.5);
    REQUIRE(one.workloads.size() == 2);
    CHECK(one.workloads[0].name == "dig shop/web-1");
    CHECK(one.workloads[1].name == "unbound unbound.service");
    CHECK(one.workloads[1].role == "server");
}

TEST_CASE("A workload is the same one when its pod's name comes, and another one in another cgroup or role") {
    const auto key = [](const std::string& members) {
        return read_summary("{\"workloads\": [{" + members + "}]}")->workloads.at(0).key;
    };
    const std::string known = R"("role": "client", "comm": "dig", "cgroup": 1, "cgroup_version": 2)";
    CHECK(key(known) == key(known + R"(, "pod": "web-1")"));
    CHECK(key(known) != key(R"("role": "server", "comm": "dig", "cgroup": 1, "cgroup_version": 2)"));
    CHECK(key(known) != key(R"("role": "client", "comm": "dig", "cgroup": 2, "cgroup_version": 2)"));
    CHECK(key(known) != key(R"("role": "client", "comm": "dig", "cgroup": 1, "cgroup_version": 1)"));
    CHECK(key(known) != key(R"("role": "client", "comm": "host", "cgroup": 1, "cgroup_version": 2)"));
}

TEST_CASE("What is missing or of another type is not known") {
    for (const char* text :
         {"{}", R"({"totals": 3, "outcomes": [1], "latency": "x", "recent": null, "domains": {},
                                       "servers": 7, "workloads": [], "interfaces": {}, "monotonic_ns": -5})",
          R"({"totals": {"queries": -1, "active_queries": "9"}, "outcomes": "text"})"}) {
        INFO(text);
        const auto result = read_summary(text);
        REQUIRE(result);
        CHECK(result.value().queries == 0);
        CHECK(result.value().active == 0);
        CHECK(result.value().monotonic_ns == 0);
        CHECK(result.value().outcomes.empty());
        CHECK(result.value().buckets.empty());
        CHECK_FALSE(result.value().min_seconds);
    }
    const auto rows = read_summary(R"({"domains": [1, null, {"domain": 5}], "interfaces": [1, "lo"]})");
    REQUIRE(rows);
    CHECK(rows.value().domains.size() == 3);
    CHECK(rows.value().domains[2].name.empty());
    CHECK(rows.value().interfaces == std::vector<std::string>{"lo"});
}

TEST_CASE("Edges and buckets that don't fit together are no histogram") {
    for (const char* latency :
         {R"({"edges_seconds": [1, 2], "buckets": [1, 2]})",
          R"({"edges_seconds": [2, 1], "buckets": [1, 2, 3]})", R"({"edges_seconds": [], "buckets": [1]})",
          R"({"edges_seconds": [1, "x"], "buckets": [1, 2, 3]})",
          R"({"edges_seconds": [1e999, 2], "buckets": [1, 2, 3]})", R"({"edges_seconds": [1]})"}) {
        INFO(latency);
        const auto result = read_summary(std::string("{\"latency\": ") + latency + "}");
        if (!result) continue;  // 1e999 is out of range for the parser
        CHECK(result.value().edges.empty());
        CHECK(result.value().buckets.empty());
    }
}

TEST_CASE("What is no JSON object is an error that shows its beginning, printable") {
    for (const std::string& text : {std::string(), std::string("[]"), std::string("{\"a\":"),
                                    std::string("<html>\x1b"), "\xff" + std::string(100'000, 'x')}) {
        const auto summary = read_summary(text);
        REQUIRE_FALSE(summary);
        CHECK(is_printable(summary.error().message()));
        CHECK(summary.error().message().size() < 1000);
        CHECK_FALSE(read_slow(text));
        CHECK_FALSE(read_alerts(text));
    }
    CHECK(read_summary("<html>").error().message().find("<html>") != std::string::npos);
}

TEST_CASE("Texts of hostile answers are printable in every field") {
    const std::string evil = R"("a\u001b[2J\n\u009b\u0000)" + std::string(300, 'z') + "\"";
    const auto summary =
        read_summary("{\"interfaces\": [" + evil + "], \"outcomes\": {" + evil +
                     ": 1}, \"domains\": [{\"domain\": " + evil + "}], \"servers\": [{\"server\": " + evil +
                     ", \"role\": " + evil + "}], \"workloads\": [{\"comm\": " + evil +
                     ", \"namespace\": " + evil + ", \"pod\": " + evil + "}]}");
    REQUIRE(summary);
    const SummaryReading& one = summary.value();
    CHECK(one.domains[0].name.starts_with("a\\027[2J\\010\\194\\155\\000zzz"));
    for (const auto& text :
         {one.interfaces[0], one.outcomes.begin()->first, one.domains[0].name, one.domains[0].key,
          one.servers[0].name, one.servers[0].role, one.workloads[0].name, one.workloads[0].key})
        CHECK(is_printable(text));
    std::string members;
    for (const char* name : {"time", "name", "type", "server", "client", "outcome", "comm", "container",
                             "event_type", "severity", "domain"})
        members += (members.empty() ? "\"" : ", \"") + std::string(name) + "\": " + evil;
    const auto slow = read_slow("{\"transactions\": [{" + members + "}]}");
    REQUIRE(slow);
    const SlowRow& row = slow.value().rows.at(0);
    for (const auto& text :
         {row.time, row.name, row.type, row.server, row.client, row.outcome, row.comm, row.place}) {
        CHECK(is_printable(text));
        CHECK(text.size() > 300);
    }
    const auto alerts = read_alerts("{\"alerts\": [{" + members + "}]}");
    REQUIRE(alerts);
    const AlertRow& alert = alerts.value().at(0);
    for (const auto& text : {alert.time, alert.event_type, alert.severity, alert.domain, alert.client})
        CHECK(is_printable(text));
}

TEST_CASE("Slow transactions are read in their order") {
    const auto result = read_slow(R"({"generated_unix_ns": 1, "threshold_seconds": 0.1, "transactions": [
        {"time": "2023-11-14T22:13:20.000000001Z", "name": "b.example", "type": "AAAA", "server": "192.0.2.53",
         "client": "2001:db8::1", "role": "client", "transport": "udp", "outcome": "NXDOMAIN",
         "latency_seconds": 0.15, "pid": 1, "tid": 2, "uid": 3, "comm": "dig", "container": "app", "pod": null,
         "namespace": null, "workload": "web"},
        {"time": "2023-11-14T22:13:19.000000001Z", "name": null, "latency_seconds": null}]})");
    REQUIRE(result);
    CHECK(result.value().threshold_seconds == 0.1);
    REQUIRE(result.value().rows.size() == 2);
    const SlowRow& row = result.value().rows[0];
    CHECK(row.time == "2023-11-14T22:13:20.000000001Z");
    CHECK(row.name == "b.example");
    CHECK(row.type == "AAAA");
    CHECK(row.server == "192.0.2.53");
    CHECK(row.client == "2001:db8::1");
    CHECK(row.outcome == "NXDOMAIN");
    CHECK(row.comm == "dig");
    CHECK(row.place == "app");
    CHECK(row.seconds == 0.15);
    CHECK(result.value().rows[1].name.empty());
    CHECK(result.value().rows[1].seconds == 0);
}

TEST_CASE("An error's text is what the exporter says, else the beginning of the answer") {
    CHECK(error_text(R"({"error": "not\u001bfound"})") == "not\\027found");
    CHECK(error_text("<h1>\n") == "<h1>\\010");
    CHECK(error_text(R"({"error": 5})") == R"({"error": 5})");
    CHECK(error_text(std::string(1000, 'x')).size() == 200);
}
