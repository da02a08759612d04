#include "exporter/api/chains_json.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "test/support/chain_records.h"

using namespace dnsexp;
using namespace dnsexp::testing;
using nlohmann::json;

namespace {

// 2026-01-31T23:59:58 UTC is 1769903998 s since 1970.
constexpr uint64_t unix_at_boot = 1'769'903'998ull * 1'000'000'000;

ChainReport report_of(const ChainRow& row) {
    ChainReport report;
    report.finished = 40;
    report.first_sequence = 12;
    report.last = {row};
    return report;
}

json read(const ChainReport& report) {
    return json::parse(chains_json(report, true, unix_at_boot, 77));
}

std::set<std::string> keys(const json& object) {
    std::set<std::string> all;
    for (const auto& [key, value] : object.items()) all.insert(key);
    return all;
}

ChainRow call_row() {
    const auto miss = step(Step::resolver, "www.example.test", 1020, 1060,
                           {step(Step::upstream, "www.example.test", 1030, 1050)});
    const auto call =
        step(Step::call, "www", 1000, 1100, {step(Step::query, "www.example.test", 1010, 1070, {miss})});
    call->pid = 10;
    call->tid = 11;
    call->comm = "curl";
    ChainRow row = chain_row(*call);
    row.sequence = 17;
    row.names = {"web", "shop-1", "store", "shop", true};
    return row;
}

}  // namespace

TEST_CASE("The body has all that README promises, and empty lists where there is nothing") {
    const json body = json::parse(chains_json({}, false, 0, 5));
    CHECK(keys(body) == std::set<std::string>{"generated_unix_ns", "available", "finished", "first_sequence",
                                              "chains", "slowest"});
    CHECK(body["generated_unix_ns"] == 5);
    CHECK(body["available"] == false);
    CHECK(body["finished"] == 0);
    CHECK(body["chains"] == json::array());
    CHECK(body["slowest"] == json::array());
    CHECK(chains_json({}, false, 0, 5).back() == '\n');
}

TEST_CASE("A chain of a call has its process, its names and its numbers") {
    const json body = read(report_of(call_row()));
    CHECK(body["available"] == true);
    CHECK(body["finished"] == 40);
    CHECK(body["first_sequence"] == 12);
    REQUIRE(body["chains"].size() == 1);
    const json& chain = body["chains"][0];
    CHECK(keys(chain) == std::set<std::string>{"sequence",  "time",   "name",
                                               "type",      "result", "duration_seconds",
                                               "begun_by",  "cache",  "upstream_queries",
                                               "referrals", "depth",  "pid",
                                               "tid",       "uid",    "comm",
                                               "container", "pod",    "namespace",
                                               "workload",  "events"});
    CHECK(chain["sequence"] == 17);
    CHECK(chain["time"] == "2026-01-31T23:59:59.000000000Z");
    CHECK(chain["name"] == "www");
    CHECK(chain["type"].is_null());
    CHECK(chain["result"] == "SUCCESS");
    CHECK(chain["duration_seconds"] == 0.1);
    CHECK(chain["begun_by"] == "call");
    CHECK(chain["cache"] == "miss");
    CHECK(chain["upstream_queries"] == 1);
    CHECK(chain["referrals"] == 0);
    CHECK(chain["depth"] == 4);
    CHECK(chain["pid"] == 10);
    CHECK(chain["tid"] == 11);
    CHECK(chain["uid"] == 0);  // root, since the process is known
    CHECK(chain["comm"] == "curl");
    CHECK(chain["container"] == "web");
    CHECK(chain["pod"] == "shop-1");
    CHECK(chain["namespace"] == "store");
    CHECK(chain["workload"] == "shop");
}

TEST_CASE("An event has its place, its question and its outcome") {
    const json body = read(report_of(call_row()));
    const json& events = body["chains"][0]["events"];
    REQUIRE(events.size() == 7);
    const json &begin = events[0], &sent = events[3], &response = events[4];
    CHECK(keys(begin) == std::set<std::string>{"event", "offset_seconds", "hop", "depth", "name", "type",
                                               "server", "rcode", "duration_seconds", "leads_to", "pid",
                                               "comm"});
    CHECK(begin["event"] == "QUERY_START");
    CHECK(begin["offset_seconds"] == 0);
    for (const char* unknown : {"type", "server", "rcode", "duration_seconds", "leads_to"}) {
        CAPTURE(unknown);
        CHECK(begin[unknown].is_null());
    }
    CHECK(sent["event"] == "UPSTREAM_QUERY");
    CHECK(sent["offset_seconds"] == 0.03);
    CHECK(sent["hop"] == 3);
    CHECK(sent["depth"] == 3);
    CHECK(sent["name"] == "www.example.test");
    CHECK(sent["type"] == "A");
    CHECK(sent["server"] == "127.0.0.53:53");
    CHECK(sent["pid"].is_null());
    CHECK(sent["comm"].is_null());
    CHECK(response["rcode"] == "NOERROR");
    CHECK(response["duration_seconds"] == 0.02);
}

TEST_CASE("What is not known of a chain is null") {
    const ChainRow row = chain_row(*step(Step::query, "a.test", 100, 0));
    ChainReport report;
    report.slowest = {row};
    const json body = read(report);
    CHECK(body["chains"].empty());
    REQUIRE(body["slowest"].size() == 1);
    for (const char* key : {"duration_seconds", "cache", "pid", "tid", "uid", "comm", "container", "pod",
                            "namespace", "workload"}) {
        CAPTURE(key);
        CHECK(body["slowest"][0][key].is_null());
    }
    CHECK(body["slowest"][0]["result"] == "TIMEOUT");
}

TEST_CASE("Hostile names of chains stay printable in valid JSON") {
    const auto query = step(Step::query, "a", 100, 130);
    query->name = std::string("\x05\"\\\x1b\xff\n\x00", 7);
    query->comm = "a\"b";
    ChainRow row = chain_row(*query);
    row.names = {"\x1b[31m", "\xff\xfe", "\n", "\"", true};
    const std::string text = chains_json(report_of(row), true, 0, 0);
    for (const char c : text.substr(0, text.size() - 1)) CHECK((c >= 0x20 && c <= 0x7e));
    const json body = json::parse(text);
    CHECK(body["chains"][0]["comm"] == "a\"b");
    CHECK(body["chains"][0]["pod"] == "\\255\\254");
}
