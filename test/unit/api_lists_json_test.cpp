#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "exporter/api/json.h"

using namespace dnsexp;
using nlohmann::json;

namespace {

Summary busy_summary() {
    Summary summary;
    summary.time_unix_ns = 77;
    summary.edges = {0.001, 0.01};
    for (int i = 0; i < 60; ++i)
        summary.domains.push_back(
            {"d" + std::to_string(i) + ".example", 1000 - static_cast<uint64_t>(i), {}});
    summary.domains[0].outcomes = {{"NOERROR", 990}, {"NXDOMAIN", 10}};
    summary.servers = {
        {"192.0.2.1", "client", 12, {10, 0.5, 0.002, 0.009, 0.01}, {{"NOERROR", 12}}, {4, 5, 1}},
        {"192.0.2.2", "server", 8, {}, {{"TIMEOUT", 8}}, {0, 0, 0}},
        {"192.0.2.3", "client", 3, {}, {}, {0, 0, 0}}};
    return summary;
}

}  // namespace

TEST_CASE("Domains have their queries by outcome class, fifty of them unless more are asked for") {
    const Summary summary = busy_summary();
    const json parsed = json::parse(domains_json(summary, {}));
    CHECK(parsed["generated_unix_ns"] == 77);
    CHECK(parsed["total"] == 60);
    REQUIRE(parsed["domains"].size() == 50);
    CHECK(parsed["domains"][0] == json::parse(R"({"domain": "d0.example", "queries": 1000,
        "outcomes": {"NOERROR": 990, "NXDOMAIN": 10}})"));
    CHECK(parsed["domains"][1]["outcomes"] == json::object());
    CHECK(json::parse(domains_json(summary, {1000}))["domains"].size() == 60);
    CHECK(json::parse(domains_json(summary, {1}))["domains"].size() == 1);
    CHECK(json::parse(domains_json({}, {}))["domains"] == json::array());
}

TEST_CASE("A summary shows the heaviest fifty domains") {
    const json parsed = json::parse(summary_json(busy_summary(), {}, 0));
    REQUIRE(parsed["domains"].size() == 50);
    CHECK(parsed["domains"][49]["domain"] == "d49.example");
}

TEST_CASE("Servers have outcomes and a histogram, each for itself") {
    const json parsed = json::parse(servers_json(busy_summary(), {}));
    CHECK(parsed["generated_unix_ns"] == 77);
    CHECK(parsed["edges_seconds"] == json{0.001, 0.01});
    CHECK(parsed["total"] == 3);
    CHECK(parsed["servers"][0] == json::parse(R"({"server": "192.0.2.1", "role": "client", "queries": 12,
        "outcomes": {"NOERROR": 12}, "latency": {"count": 10, "sum_seconds": 0.5, "p50": 0.002, "p95": 0.009,
        "p99": 0.01, "buckets": [4, 5, 1]}})"));
    CHECK(parsed["servers"][1]["latency"]["p50"].is_null());
    CHECK(json::parse(servers_json({}, {}))["servers"] == json::array());
}

TEST_CASE("Of servers the role and the limit choose, and the total tells what the role has") {
    json parsed = json::parse(servers_json(busy_summary(), {1, "client"}));
    CHECK(parsed["total"] == 2);
    REQUIRE(parsed["servers"].size() == 1);
    CHECK(parsed["servers"][0]["server"] == "192.0.2.1");
    parsed = json::parse(servers_json(busy_summary(), {100, "server"}));
    CHECK(parsed["total"] == 1);
    CHECK(parsed["servers"][0]["server"] == "192.0.2.2");
    CHECK(json::parse(servers_json(busy_summary(), {100, "local"}))["servers"].empty());
}
