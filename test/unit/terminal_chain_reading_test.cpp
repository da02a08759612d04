#include "exporter/terminal/chain_reading.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace dnsexp;

namespace {

// As README's "The API" has it.
constexpr const char* chains_text = R"({
    "generated_unix_ns": 1700000000000000001, "available": true, "finished": 18, "first_sequence": 4,
    "chains": [{"sequence": 17, "time": "2023-11-14T22:13:20.123456789Z", "name": "www.example.test", "type": "A",
                "result": "NOERROR", "duration_seconds": 0.0412, "begun_by": "query", "cache": "miss",
                "upstream_queries": 3, "referrals": 2, "depth": 3, "pid": 4711, "tid": 4712, "uid": 1000,
                "comm": "dig", "container": "app", "pod": "web-1", "namespace": "shop", "workload": "web",
                "events": [{"event": "QUERY_START", "offset_seconds": 0.0, "hop": 0, "depth": 0,
                            "name": "www.example.test", "type": "A", "server": "192.0.2.53:53", "rcode": null,
                            "duration_seconds": null, "leads_to": null, "pid": 4711, "comm": "dig"},
                           {"event": "REFERRAL", "offset_seconds": 0.013, "hop": 2, "depth": 2, "name": "test",
                            "type": "A", "server": "[2001:db8::1]:53", "rcode": "NOERROR",
                            "duration_seconds": 0.0125, "leads_to": "ns.nic.test", "pid": 812,
                            "comm": "unbound"}]},
               {"sequence": 18, "time": "2023-11-14T22:13:21.000000001Z", "name": "localhost", "type": null,
                "result": "TIMEOUT", "duration_seconds": null, "begun_by": "call", "cache": null,
                "upstream_queries": 0, "referrals": 0, "depth": 1, "pid": null, "tid": null, "uid": null,
                "comm": null, "container": null, "pod": null, "namespace": null, "workload": null,
                "events": []}],
    "slowest": []})";

// Every text of a chain and of its events.
const std::vector<const char*> chain_texts = {"time",  "name", "type", "result",    "begun_by",
                                              "cache", "comm", "pod",  "container", "workload"};
const std::vector<const char*> event_texts = {"event", "name", "type", "server", "rcode", "leads_to", "comm"};

bool is_printable(const std::string& text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
}

std::string members(const std::vector<const char*>& names, const std::string& value) {
    std::string text;
    for (const char* name : names)
        text += (text.empty() ? "\"" : ", \"") + std::string(name) + "\": " + value;
    return text;
}

// The chain of an answer that has this one alone.
ReadChain chain_of(const std::string& members_text) {
    const auto reading = read_chains("{\"chains\": [{" + members_text + "}]}");
    REQUIRE(reading);
    REQUIRE(reading.value().chains.size() == 1);
    return reading.value().chains[0];
}

std::string nested(size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
}

}  // namespace

TEST_CASE("Chains are read whole and in their order") {
    const auto result = read_chains(chains_text);
    REQUIRE(result);
    const ChainReading& reading = result.value();
    CHECK(reading.available);
    CHECK(reading.finished == 18);
    CHECK(reading.first_sequence == 4);
    REQUIRE(reading.chains.size() == 2);
    const ReadChain& one = reading.chains[0];
    CHECK(one.sequence == 17);
    CHECK(one.time == "2023-11-14T22:13:20.123456789Z");
    CHECK(one.name == "www.example.test");
    CHECK(one.type == "A");
    CHECK(one.result == "NOERROR");
    CHECK(one.begun_by == "query");
    CHECK(one.cache == "miss");
    CHECK(one.comm == "dig");
    CHECK(one.place == "web-1");
    CHECK(one.seconds == 0.0412);
    CHECK(one.upstream_queries == 3);
    CHECK(one.referrals == 2);
    CHECK(one.pid == 4711);
    REQUIRE(one.steps.size() == 2);
    const ChainStepRow& first = one.steps[0];
    CHECK(first.event == "QUERY_START");
    CHECK(first.rcode.empty());
    CHECK_FALSE(first.seconds);
    const ChainStepRow& referral = one.steps[1];
    CHECK(referral.event == "REFERRAL");
    CHECK(referral.offset_seconds == 0.013);
    CHECK(referral.hop == 2);
    CHECK(referral.depth == 2);
    CHECK(referral.name == "test");
    CHECK(referral.type == "A");
    CHECK(referral.server == "[2001:db8::1]:53");
    CHECK(referral.rcode == "NOERROR");
    CHECK(referral.seconds == 0.0125);
    CHECK(referral.leads_to == "ns.nic.test");
    CHECK(referral.pid == 812);
    CHECK(referral.comm == "unbound");
}

TEST_CASE("A null of a chain is what is not known") {
    const ReadChain call = read_chains(chains_text)->chains.at(1);
    CHECK(call.sequence == 18);
    CHECK(call.name == "localhost");
    CHECK(call.type.empty());
    CHECK(call.cache.empty());
    CHECK(call.comm.empty());
    CHECK(call.place.empty());
    CHECK_FALSE(call.seconds);
    CHECK(call.pid == 0);
    CHECK(call.steps.empty());
}

TEST_CASE("A chain's place is its pod, else its container, else its workload") {
    CHECK(chain_of(R"("pod": "p", "container": "c", "workload": "w")").place == "p");
    CHECK(chain_of(R"("pod": null, "container": "c", "workload": "w")").place == "c");
    CHECK(chain_of(R"("pod": "", "container": "", "workload": "w")").place == "w");
    CHECK(chain_of(R"("namespace": "n")").place.empty());
}

TEST_CASE("What a chain lacks or has of another type is not known") {
    for (const char* text :
         {"{}", R"({"available": "true", "finished": "9", "first_sequence": -1, "chains": {}})",
          R"({"available": 1, "finished": 1.5, "first_sequence": null, "chains": "x"})",
          R"({"available": null, "finished": -3, "first_sequence": [1], "chains": null})"}) {
        INFO(text);
        const auto reading = read_chains(text);
        REQUIRE(reading);
        CHECK_FALSE(reading.value().available);
        CHECK(reading.value().finished == 0);
        CHECK(reading.value().first_sequence == 0);
        CHECK(reading.value().chains.empty());
    }
    for (const std::string value : {"null", "{}", "[1]", "-1", "true"}) {
        INFO(value);
        const ReadChain chain = chain_of(
            members(chain_texts, value) + ", " +
            members({"sequence", "duration_seconds", "upstream_queries", "referrals", "pid"}, value) +
            ", \"events\": [{" + members(event_texts, value) + ", " +
            members({"offset_seconds", "hop", "depth", "duration_seconds", "pid"}, value) + "}]");
        for (const auto& text : {chain.time, chain.name, chain.type, chain.result, chain.begun_by,
                                 chain.cache, chain.comm, chain.place})
            CHECK(text.empty());
        CHECK(chain.sequence + chain.upstream_queries + chain.referrals + chain.pid == 0);
        CHECK_FALSE(chain.seconds);
        const ChainStepRow& step = chain.steps.at(0);
        for (const auto& text :
             {step.event, step.name, step.type, step.server, step.rcode, step.leads_to, step.comm})
            CHECK(text.empty());
        CHECK(step.hop + step.depth + step.pid == 0);
        CHECK(step.offset_seconds == 0);
        CHECK_FALSE(step.seconds);
    }
    const auto odd = read_chains(R"({"chains": [7, null, "x", [], {"events": [1, null, {"hop": 3}]}]})");
    REQUIRE(odd);
    REQUIRE(odd.value().chains.size() == 5);
    CHECK(odd.value().chains[0].name.empty());
    CHECK(odd.value().chains[4].steps.size() == 3);
    CHECK(odd.value().chains[4].steps[2].hop == 3);
}

TEST_CASE("Every text of a hostile chain is printable") {
    const std::string evil = R"("a\u001b[2J\r\n\u009b\u007f\u0000\u202e)" + std::string(300, 'z') + "\"";
    const ReadChain chain =
        chain_of(members(chain_texts, evil) + ", \"events\": [{" + members(event_texts, evil) + "}]");
    // U+009B is c2 9b in UTF-8, U+202E (right to left) e2 80 ae.
    const std::string shown =
        "a\\027[2J\\013\\010\\194\\155\\127\\000\\226\\128\\174" + std::string(300, 'z');
    for (const auto& text : {chain.time, chain.name, chain.type, chain.result, chain.begun_by, chain.cache,
                             chain.comm, chain.place})
        CHECK(text == shown);
    const ChainStepRow& step = chain.steps.at(0);
    for (const auto& text :
         {step.event, step.name, step.type, step.server, step.rcode, step.leads_to, step.comm})
        CHECK(text == shown);
}

TEST_CASE("A chain's own JSON is one line of ASCII, with all that came") {
    const std::string object = R"({
        "name": "a\u001b[2J\n\u007f\u009b\u202e\\010\"", "sequence": 18446744073709551615, "new member": [null, {"é": -1.5}],
        "duration_seconds": 0.041234567890123})";
    const ReadChain chain = read_chains("{\"chains\": [" + object + "]}")->chains.at(0);
    CHECK(is_printable(chain.json));
    CHECK(nlohmann::json::parse(chain.json) == nlohmann::json::parse(object));
    const auto reading = read_chains(chains_text);
    const auto whole = nlohmann::json::parse(chains_text);
    for (size_t i = 0; i < 2; ++i)
        CHECK(nlohmann::json::parse(reading.value().chains.at(i).json) == whole["chains"][i]);
}

TEST_CASE("What is no JSON object is no answer about chains, and its beginning is shown printable") {
    for (const std::string& text :
         {std::string(), std::string("[]"), std::string("null"), std::string("{\"chains\": ["),
          std::string("<html>\x1b\n"), "\xff" + std::string(100'000, 'x'),
          std::string("{\"chains\": [{\"name\": \"\xff\"}]}"),  // no UTF-8
          std::string("{\"finished\": 1e999}")}) {
        const auto reading = read_chains(text);
        REQUIRE_FALSE(reading);
        CHECK(is_printable(reading.error().message()));
        CHECK(reading.error().message().size() < 1000);
    }
    CHECK(read_chains("<html>").error().message().find("<html>") != std::string::npos);
}

// Who reads or writes such text level by level of its stack has no end of stack left.
TEST_CASE("What is nested without end is no answer about chains, and what is nested a little is") {
    for (const size_t levels : {size_t{1'000}, size_t{1'000'000}}) {
        CHECK_FALSE(read_chains("{\"chains\": [{\"x\": " + nested(levels) + "}]}"));
        CHECK_FALSE(read_chains("{\"x\": " + nested(levels) + "}"));
    }
    CHECK(chain_of("\"x\": " + nested(10)).json == "{\"x\":" + nested(10) + "}");
}

TEST_CASE("A chain has as many hops as its steps have numbers, and one at least") {
    ReadChain chain;
    CHECK(hops(chain) == 1);
    chain.steps.resize(4);
    CHECK(hops(chain) == 1);
    for (size_t i = 0; const uint64_t hop : {0u, 1u, 3u, 2u}) chain.steps[i++].hop = hop;
    CHECK(hops(chain) == 4);
}

TEST_CASE(
    "A chain is the same one at another time of day and when its pod is known, and another one of another "
    "run") {
    const std::string own = R"("sequence": 7, "name": "a.test", "type": "A", "begun_by": "query", "pid": 12)";
    const ReadChain one =
        chain_of(own + R"(, "duration_seconds": 0.25, "time": "2026-01-31T14:03:02.000000001Z")");
    CHECK(is_same_chain(one, chain_of(own + R"(, "duration_seconds": 0.25, "pod": "web-1",
                                               "time": "2026-01-31T14:03:02.000000201Z")")));
    const std::vector<std::string> others = {
        R"("sequence": 8, "name": "a.test", "type": "A", "begun_by": "query", "pid": 12, "duration_seconds": 0.25)",
        R"("sequence": 7, "name": "b.test", "type": "A", "begun_by": "query", "pid": 12, "duration_seconds": 0.25)",
        R"("sequence": 7, "name": "a.test", "type": "AAAA", "begun_by": "query", "pid": 12, "duration_seconds": 0.25)",
        R"("sequence": 7, "name": "a.test", "type": "A", "begun_by": "server", "pid": 12, "duration_seconds": 0.25)",
        R"("sequence": 7, "name": "a.test", "type": "A", "begun_by": "query", "pid": 13, "duration_seconds": 0.25)",
        R"("sequence": 7, "name": "a.test", "type": "A", "begun_by": "query", "pid": 12, "duration_seconds": 0.26)",
        R"("sequence": 7, "name": "a.test", "type": "A", "begun_by": "query", "pid": 12, "duration_seconds": null)"};
    for (const std::string& other : others) {
        INFO(other);
        CHECK_FALSE(is_same_chain(one, chain_of(other)));
    }
}
