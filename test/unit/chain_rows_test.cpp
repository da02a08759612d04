#include "exporter/chains/chain_rows.h"

#include <netdb.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "test/support/chain_records.h"

using namespace dnsexp;
using namespace dnsexp::testing;

namespace {

constexpr uint16_t servfail = 2, nxdomain = 3;

// "EVENT offset_ms hop depth" of each.
std::vector<std::string> lines(const ChainRow& row) {
    std::vector<std::string> all;
    for (const ChainEvent& event : row.events)
        all.push_back(std::string(event.event) + " " + std::to_string(event.offset_ns / ms) + " " +
                      std::to_string(event.hop) + " " + std::to_string(event.depth));
    return all;
}
using Lines = std::vector<std::string>;

ChainNodePtr found(ChainNodePtr node, uint8_t what) {
    node->found = what;
    return node;
}

// getaddrinfo(): A by a resolver that has to ask twice, AAAA from its cache.
ChainNodePtr call() {
    const auto referral = found(step(Step::upstream, "test", 1012, 1020), DNS_FOUND_REFERRAL);
    referral->name_servers = {wire("NS1.Example.test"), wire("ns2.example.test")};
    referral->server = ipv4(far_address);
    const auto answer = step(Step::upstream, "www.example.test", 1021, 1040);
    const auto miss =
        found(step(Step::resolver, "www.example.test", 1011, 1041, {referral, answer}), DNS_FOUND_MISS);
    const auto four = step(Step::query, "www.example.test", 1010, 1042, {miss});
    const auto hit = found(step(Step::resolver, "www.example.test", 1013, 1014), DNS_FOUND_HIT);
    const auto six = step(Step::query, "www.example.test", 1012, 1015, {hit});
    six->type = hit->type = 28;
    const auto begun = step(Step::call, "www", 1000, 1050, {four, six});
    begun->pid = begun->tid = 4711;
    begun->uid = 33;
    begun->comm = "curl";
    begun->cgroup = 9;
    return begun;
}

bool is_printable(const std::string& text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
}

}  // namespace

TEST_CASE("A call's events are in the order of time, with the numbers of their steps and their depth") {
    CHECK(lines(chain_row(*call())) == Lines{"QUERY_START 0 0 0", "QUERY_START 10 1 1", "CACHE_MISS 11 2 2",
                                             "UPSTREAM_QUERY 12 3 3", "QUERY_START 12 4 1",
                                             "CACHE_HIT 13 5 2", "QUERY_COMPLETE 15 4 1", "REFERRAL 20 3 3",
                                             "UPSTREAM_QUERY 21 6 3", "UPSTREAM_RESPONSE 40 6 3",
                                             "QUERY_COMPLETE 42 1 1", "QUERY_COMPLETE 50 0 0"});
}

TEST_CASE("A row says what the chain came to") {
    const ChainRow row = chain_row(*call());
    CHECK(row.begin_ns == 1000 * ms);
    CHECK(row.duration_ns == 50 * ms);
    CHECK(row.name == "www");
    CHECK(row.type.empty());
    CHECK(row.result == "SUCCESS");
    CHECK(row.begun_by == "call");
    CHECK(row.cache == "miss");
    CHECK(row.upstream_queries == 2);
    CHECK(row.referrals == 1);
    CHECK(row.depth == 4);
    CHECK(row.pid == 4711);
    CHECK(row.tid == 4711);
    CHECK(row.uid == 33);
    CHECK(row.comm == "curl");
    CHECK(row.cgroup == 9);
}

TEST_CASE("An event says what was asked of whom, and what became of it") {
    const ChainRow row = chain_row(*call());
    const ChainEvent &begin = row.events[0], &asked = row.events[1], &miss = row.events[2],
                     &sent = row.events[3], &referral = row.events[7], &end = row.events[11];
    CHECK(begin.name == "www");
    CHECK(begin.type.empty());
    CHECK(begin.server.empty());
    CHECK(begin.rcode.empty());
    CHECK_FALSE(begin.duration_ns);
    CHECK(begin.pid == 4711);
    CHECK(begin.comm == "curl");
    CHECK(asked.type == "A");
    CHECK(asked.server == "127.0.0.53:53");
    CHECK(miss.rcode == "NOERROR");
    CHECK(miss.duration_ns == 30 * ms);
    CHECK(sent.rcode.empty());
    CHECK(sent.server == "192.0.2.53:53");
    CHECK(referral.name == "test");
    CHECK(referral.rcode == "NOERROR");
    CHECK(referral.duration_ns == 8 * ms);
    CHECK(referral.leads_to == "ns1.example.test");
    CHECK(row.events[4].type == "AAAA");
    CHECK(end.rcode == "SUCCESS");
    CHECK(end.duration_ns == 50 * ms);
}

TEST_CASE("Chains that begin at a resolver have its query first, and say who answered how") {
    const auto resolver = found(
        step(Step::resolver, "a.test", 100, 130, {step(Step::upstream, "a.test", 110, 120)}), DNS_FOUND_MISS);
    resolver->outcome = nxdomain;
    const ChainRow row = chain_row(*resolver);
    CHECK(lines(row) == Lines{"QUERY_START 0 0 0", "CACHE_MISS 0 0 0", "UPSTREAM_QUERY 10 1 1",
                              "UPSTREAM_RESPONSE 20 1 1", "QUERY_COMPLETE 30 0 0"});
    CHECK(row.begun_by == "server");
    CHECK(row.result == "NXDOMAIN");
    CHECK(row.cache == "miss");
    CHECK(row.type == "A");
    CHECK(row.depth == 2);
}

TEST_CASE("A query without a resolver has no word on a cache") {
    const ChainRow row = chain_row(*step(Step::query, "a.test", 100, 130));
    CHECK(row.begun_by == "query");
    CHECK(row.cache.empty());
    CHECK(row.upstream_queries == 0);
    CHECK(row.depth == 1);
}

TEST_CASE("The resolver that was asked first tells the cache's word, not the one behind it") {
    const auto behind = found(step(Step::resolver, "a.test", 103, 104), DNS_FOUND_HIT);
    const auto first =
        found(step(Step::resolver, "a.test", 101, 106, {step(Step::upstream, "a.test", 102, 105, {behind})}),
              DNS_FOUND_MISS);
    CHECK(chain_row(*step(Step::query, "a.test", 100, 107, {first})).cache == "miss");
}

TEST_CASE("A call had its answers from the cache if all that it asked for was there") {
    const auto asked = [](uint8_t what, std::vector<ChainNodePtr> children = {}) {
        return step(Step::query, "a.test", 100, 107,
                    {found(step(Step::resolver, "a.test", 101, 106, std::move(children)), what)});
    };
    const auto cache = [](std::vector<ChainNodePtr> queries) {
        return chain_row(*step(Step::call, "a", 100, 200, std::move(queries))).cache;
    };
    CHECK(cache({asked(DNS_FOUND_HIT), asked(DNS_FOUND_HIT)}) == "hit");
    CHECK(cache({asked(DNS_FOUND_HIT), asked(DNS_FOUND_MISS)}) == "miss");
    CHECK(cache({asked(DNS_FOUND_MISS), asked(DNS_FOUND_HIT)}) == "miss");
    CHECK(cache({step(Step::query, "a.test", 100, 107), asked(DNS_FOUND_HIT)}) == "hit");
    CHECK(cache({step(Step::query, "a.test", 100, 107)}).empty());
}

TEST_CASE("What failed is QUERY_FAILED; that a name does not exist is an answer") {
    const auto last = [](const ChainNode& node) { return std::string(chain_row(node).events.back().event); };
    auto query = step(Step::query, "a.test", 100, 130);
    for (const uint16_t outcome : {uint16_t{0}, nxdomain}) {
        query->outcome = outcome;
        CHECK(last(*query) == "QUERY_COMPLETE");
    }
    for (const uint16_t outcome : {servfail, uint16_t{5}, uint16_t{16}}) {
        query->outcome = outcome;
        CHECK(last(*query) == "QUERY_FAILED");
    }
    const auto called = step(Step::call, "a", 100, 130);
    called->outcome = static_cast<uint16_t>(-EAI_NONAME);
    CHECK(last(*called) == "QUERY_COMPLETE");
    called->outcome = static_cast<uint16_t>(-EAI_AGAIN);
    CHECK(last(*called) == "QUERY_FAILED");
}

TEST_CASE("Nobody knows how long a query would have taken that nobody answered") {
    const ChainRow row =
        chain_row(*step(Step::query, "a.test", 100, 0, {step(Step::upstream, "a.test", 110, 0)}));
    CHECK_FALSE(row.duration_ns);
    CHECK(row.result == "TIMEOUT");
    const auto failed = std::find_if(row.events.begin(), row.events.end(),
                                     [](const ChainEvent& event) { return event.event == "QUERY_FAILED"; });
    REQUIRE(failed != row.events.end());
    CHECK(failed->rcode == "TIMEOUT");
    CHECK_FALSE(failed->duration_ns);
    CHECK(row.events.size() == 3);  // the upstream query has no response
    CHECK(lines(row) == Lines{"QUERY_START 0 0 0", "UPSTREAM_QUERY 10 1 1", "QUERY_FAILED 10 0 0"});
    const ChainRow call = chain_row(*step(Step::call, "a", 100, 0));
    CHECK(call.result == "TIMEOUT");
}

TEST_CASE("What getaddrinfo() returned has the name that netdb.h gives it") {
    const std::pair<int, const char*> names[] = {
        {0, "SUCCESS"},       {-1, "EAI_BADFLAGS"},   {-2, "EAI_NONAME"},  {-3, "EAI_AGAIN"},
        {-4, "EAI_FAIL"},     {-5, "EAI_NODATA"},     {-6, "EAI_FAMILY"},  {-7, "EAI_SOCKTYPE"},
        {-8, "EAI_SERVICE"},  {-9, "EAI_ADDRFAMILY"}, {-10, "EAI_MEMORY"}, {-11, "EAI_SYSTEM"},
        {-12, "EAI_OVERFLOW"}};
    for (const auto& [code, name] : names) CHECK(call_result_name(static_cast<uint16_t>(-code)) == name);
    CHECK(call_result_name(77) == "EAI_77");
    CHECK(call_result_name(65535) == "EAI_65535");
}

TEST_CASE("Whatever octets names hold, texts are printable ASCII") {
    const auto query = step(Step::query, "a", 100, 130);
    query->name = std::string("\x04\x1b[m\xff\x01.\x00", 8);
    query->aliases = {std::string("\x02\r\n\x00", 4)};
    query->server = {0x20010db8, 1};
    const auto call = step(Step::call, "w\x1b[31m\xc3\xa4\n", 90, 140, {query});
    call->comm = "x";
    const ChainRow row = chain_row(*call);
    CHECK(row.name == "w\\027[31m\\195\\164\\010");
    CHECK(row.events[1].name == "\\027[m\\255.\\.");
    for (const ChainEvent& event : row.events)
        for (const std::string* text :
             {&event.name, &event.type, &event.server, &event.rcode, &event.leads_to})
            CHECK(is_printable(*text));
    CHECK(row.events[1].server.front() == '[');  // an IPv6 address before a port (RFC 5952, 6)
}

TEST_CASE("A chain of more steps than are shown shows the first ones, and counts those") {
    std::vector<ChainNodePtr> many;
    for (uint64_t i = 0; i < 200; ++i) many.push_back(step(Step::upstream, "a.test", 101 + i, 400));
    const ChainRow row = chain_row(*step(Step::resolver, "a.test", 100, 500, many));
    CHECK(row.upstream_queries == chain_steps_max - 1);
    CHECK(row.events.size() == 3 + 2 * (chain_steps_max - 1));
    CHECK(row.events.back().hop == 0);
}

TEST_CASE("A step that began before its chain, by another CPU's clock, is at its beginning") {
    const ChainRow row = chain_row(*step(Step::call, "a", 100, 130, {step(Step::query, "a.test", 99, 120)}));
    CHECK(lines(row) ==
          Lines{"QUERY_START 0 0 0", "QUERY_START 0 1 1", "QUERY_COMPLETE 20 1 1", "QUERY_COMPLETE 30 0 0"});
}
