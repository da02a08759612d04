// What chains come to where records are missing, too many, or made to hurt.
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "exporter/chains/assembler.h"
#include "exporter/chains/steps.h"
#include "test/support/chain_records.h"

using namespace dnsexp;
using namespace dnsexp::testing;

namespace {

using Nodes = std::vector<ChainNodePtr>;
constexpr uint64_t timeout_ms = 5000;

struct Told {
    Nodes finished;
    Assembler assembler{
        timeout_ms * ms,
        [](uint32_t) { return dns_workload_key{}; },
        {[](const ChainNode&) {}, [this](const ChainNodePtr& one) { finished.push_back(one); }}};

    void add(const std::vector<dns_event>& events) {
        for (const dns_event& event : events) assembler.add(event);
    }
};

Transaction query(uint64_t begin_ms, uint16_t id) {
    Transaction of;
    of.begin_ms = begin_ms;
    of.id = id;
    return of;
}

// A resolver's query to another of this host, or to itself.
Transaction forwarded(uint64_t begin_ms, uint16_t id, uint32_t group) {
    Transaction of = query(begin_ms, id);
    of.client_port = static_cast<uint16_t>(50000 + id);
    of.group = group;
    of.resolver = true;
    return of;
}

Transaction at_resolver(Transaction of, uint64_t begin_ms, uint32_t group) {
    of.begin_ms = begin_ms;
    of.group = group;
    of.resolver = false;
    return of;
}

}  // namespace

TEST_CASE("An answer without the record of its query is a chain of its own, with all that it tells") {
    Told told;
    const Transaction asked = query(100, 1);
    told.add({answered(asked, 130)});
    REQUIRE(told.finished.size() == 1);
    CHECK(told.finished[0]->begin_ns == 100 * ms);
    CHECK(told.finished[0]->end_ns == 130 * ms);
    const Transaction later = query(201, 2);
    told.add({called(100, "www", 200), answered(later, 230), returned(100, "www", 200, 231)});
    REQUIRE(told.finished.size() == 2);
    CHECK(told.finished[1]->children.size() == 1);
}

TEST_CASE("Children are in the order of their beginning, also where a record is missing") {
    Told told;
    const Transaction first = query(101, 1), second = query(105, 2);
    told.add({called(100, "www", 100), sent(second), answered(first, 120), answered(second, 121),
              returned(100, "www", 100, 130)});
    REQUIRE(told.finished.size() == 1);
    REQUIRE(told.finished[0]->children.size() == 2);
    CHECK(told.finished[0]->children[0]->id == 1);
    CHECK(told.finished[0]->children[1]->id == 2);
}

TEST_CASE("An upstream answer without the record of its query is in the chain that waits for it") {
    Told told;
    const Transaction asked = query(100, 1), fetch = forwarded(102, 9, 21);
    told.add({sent(asked), answered(fetch, 120), served(at_resolver(asked, 101, 21), 121, DNS_FOUND_MISS),
              answered(asked, 122)});
    REQUIRE(told.finished.size() == 1);
    REQUIRE(told.finished[0]->children.size() == 1);
    CHECK(told.finished[0]->children[0]->children.size() == 1);
}

TEST_CASE("Without the record of the program's query its resolver's answer is a chain") {
    Told told;
    const Transaction asked = query(100, 1);
    told.add({served(at_resolver(asked, 101, 21), 121, DNS_FOUND_HIT), answered(asked, 122)});
    REQUIRE(told.finished.size() == 2);
    CHECK(told.finished[0]->step == Step::resolver);
    CHECK(told.finished[1]->step == Step::query);
}

TEST_CASE("A query that nobody answers ends when it is older than the timeout") {
    Told told;
    const Transaction asked = query(1000, 1);
    told.add({sent(asked)});
    told.assembler.expire((1000 + timeout_ms) * ms);
    CHECK(told.finished.empty());
    told.assembler.expire((1000 + timeout_ms) * ms + 1);
    REQUIRE(told.finished.size() == 1);
    CHECK(told.finished[0]->end_ns == 0);
    CHECK(told.finished[0]->outcome == DNS_OUTCOME_TIMEOUT);
    told.assembler.expire(1'000'000 * ms);
    CHECK(told.finished.size() == 1);
}

TEST_CASE("A query whose answer has come is told of once") {
    Told told;
    const Transaction asked = query(1000, 1), older = query(900, 2);
    told.add({sent(older), sent(asked), answered(asked, 1010)});
    told.assembler.expire(1'000'000 * ms);
    REQUIRE(told.finished.size() == 2);
    CHECK(told.finished[0]->id == 1);
    CHECK(told.finished[1]->id == 2);
}

TEST_CASE("A call that never returns leaves its queries as chains") {
    Told told;
    const Transaction asked = query(101, 1), unanswered = query(102, 2);
    told.add({called(100, "www", 100), sent(asked), sent(unanswered), answered(asked, 110)});
    told.assembler.expire(100 * ms + Assembler::call_timeout_ns);
    CHECK(told.finished.empty());
    told.assembler.expire(100 * ms + Assembler::call_timeout_ns + 1);
    REQUIRE(told.finished.size() == 2);
    CHECK(told.finished[0]->step == Step::query);
    CHECK(told.finished[1]->outcome == DNS_OUTCOME_TIMEOUT);
    told.add({returned(100, "www", 100, 130'000)});
    CHECK(told.finished.size() == 2);
}

TEST_CASE("Beyond the most queries that may be open the oldest is given up, and no other") {
    Told told;
    for (size_t i = 0; i < Assembler::most_open; ++i)
        told.assembler.add(sent(query(1000 + i, static_cast<uint16_t>(i))));
    CHECK(told.finished.empty());
    told.add({sent(query(9000, 9000))});
    REQUIRE(told.finished.size() == 1);
    CHECK(told.finished[0]->id == 0);
    told.add({answered(query(1001, 1), 9001)});
    REQUIRE(told.finished.size() == 2);
    CHECK(told.finished[1]->end_ns == 9001 * ms);
}

TEST_CASE("Queries that were answered take no place of those that wait") {
    Told told;
    told.add({sent(query(1000, 1))});
    for (size_t i = 0; i < 2 * Assembler::most_open; ++i) {
        const Transaction one = query(2000 + i, static_cast<uint16_t>(i));
        told.assembler.add(sent(one));
        told.assembler.add(answered(one, 2000 + i));
    }
    CHECK(told.finished.size() == 2 * Assembler::most_open);  // the first one waits on
    told.add({answered(query(1000, 1), 99000)});
    CHECK(told.finished.back()->end_ns == 99000 * ms);
}

TEST_CASE("Beyond the most calls that may be open the oldest is given up, and no other") {
    Told told;
    Transaction asked = query(1001, 1);
    asked.tid = 1;
    told.add({called(1, "www", 1000), sent(asked), answered(asked, 1002)});
    for (uint32_t i = 1; i <= Assembler::most_open; ++i) told.assembler.add(called(1 + i, "www", 1000 + i));
    REQUIRE(told.finished.size() == 1);
    CHECK(told.finished[0]->id == 1);  // the first call's query
    told.add({returned(1, "www", 1000, 9000), returned(2, "www", 1001, 9000)});
    REQUIRE(told.finished.size() == 2);
    CHECK(told.finished[1]->tid == 2);
}

TEST_CASE("A call has so many queries; the others are chains of their own") {
    Told told;
    told.add({called(100, "www", 100)});
    for (uint16_t i = 0; i < 70; ++i) told.add({sent(query(101, i)), answered(query(101, i), 102)});
    CHECK(told.finished.size() == 70 - Assembler::most_queries);
    told.add({returned(100, "www", 100, 200)});
    CHECK(told.finished.back()->children.size() == Assembler::most_queries);
}

TEST_CASE("All open calls together have so many queries, and return what they had") {
    Told told;
    const auto calls = static_cast<uint32_t>(Assembler::most_placed / Assembler::most_queries);
    for (uint32_t round = 0; round < 2; ++round) {
        const uint64_t now = 100 + round;
        size_t before = told.finished.size();
        for (uint32_t tid = 1; tid <= calls + 1; ++tid) {
            told.add({called(tid, "www", now)});
            for (uint16_t i = 0; i < Assembler::most_queries; ++i) {
                Transaction asked = query(now, i);
                asked.tid = tid;
                told.add({sent(asked), answered(asked, now)});
            }
        }
        CHECK(told.finished.size() == before + Assembler::most_queries);  // those of the last call
        for (uint32_t tid = 1; tid <= calls + 1; ++tid) told.add({returned(tid, "www", now, 200)});
        before = told.finished.size();
        CHECK(told.finished[before - 1]->children.empty());
        CHECK(told.finished[before - 2]->children.size() == Assembler::most_queries);
    }
}

TEST_CASE("Copies of one query that reach resolvers are a few of its chain, and then chains") {
    Told told;
    const Transaction asked = query(100, 1);
    told.add({sent(asked)});
    for (uint16_t i = 0; i < 10; ++i) told.add({served(at_resolver(asked, 101 + i, 21), 120, DNS_FOUND_HIT)});
    CHECK(told.finished.size() == 10 - Assembler::most_resolvers);
    told.add({answered(asked, 130)});
    CHECK(told.finished.back()->children.size() == Assembler::most_resolvers);
}

// A resolver that forwards to itself: each query comes back as one of its own, until it gives up.
TEST_CASE("A resolver that asks itself waits for no step twice") {
    Told told;
    const Transaction asked = query(100, 1);
    std::vector<Transaction> rounds;
    for (uint16_t i = 0; i < 60; ++i)
        rounds.push_back(forwarded(102u + 2u * i, static_cast<uint16_t>(100 + i), 21));
    told.add({sent(asked)});
    for (const Transaction& round : rounds) told.add({sent(round)});
    for (size_t i = rounds.size(); i-- > 0;)
        told.add({served(at_resolver(rounds[i], rounds[i].begin_ms + 1, 21), 400 - i, DNS_FOUND_MISS, 2),
                  answered(rounds[i], 400 - i, 2)});
    told.add({served(at_resolver(asked, 101, 21), 500, DNS_FOUND_MISS, 2), answered(asked, 501, 2)});
    REQUIRE(told.finished.size() == 1);
    const auto steps = chain_steps(*told.finished[0], 100'000);
    CHECK(steps.size() <= 2 + 2 * rounds.size());
}

TEST_CASE("Two resolvers that ask each other in a circle wait for no step twice") {
    const Transaction asked = query(100, 1), there = forwarded(102, 2, 21), back = forwarded(104, 3, 31);
    std::weak_ptr<ChainNode> resolver;
    {
        Told told;
        told.add({sent(asked), sent(there), sent(back),
                  served(at_resolver(back, 105, 21), 110, DNS_FOUND_MISS, 2), answered(back, 111, 2),
                  served(at_resolver(there, 103, 31), 112, DNS_FOUND_MISS, 2), answered(there, 113, 2),
                  served(at_resolver(asked, 101, 21), 114, DNS_FOUND_MISS, 2), answered(asked, 115, 2)});
        REQUIRE(told.finished.size() == 1);
        CHECK(chain_steps(*told.finished[0], 1000).size() <= 6);
        REQUIRE(told.finished[0]->children.size() == 1);
        REQUIRE(told.finished[0]->children[0]->children.size() == 1);
        REQUIRE(told.finished[0]->children[0]->children[0]->children.size() == 1);
        resolver = told.finished[0]->children[0]->children[0]->children[0];
    }
    CHECK(resolver.expired());  // no step holds itself
}

TEST_CASE("Messages of any octets and lengths are taken or passed over") {
    std::mt19937 random(11);
    const auto any = [&random](uint32_t below) { return static_cast<uint32_t>(random() % below); };
    Told told;
    std::string long_name(63, 'x');
    long_name.append(".").append(63, 'y');
    const std::vector<std::string> names = {"", "a.test", "b.a.test", long_name};
    for (uint64_t i = 0; i < 20'000; ++i) {
        Transaction of = query(i / 50, static_cast<uint16_t>(any(4)));
        of.name = names[any(4)];
        of.tid = any(5);
        of.group = any(3);
        of.slot = static_cast<uint16_t>(any(DNS_WORKLOADS));
        of.client_port = static_cast<uint16_t>(any(3));
        of.resolver = any(2) != 0;
        dns_event event = any(3) == 0   ? sent(of)
                          : any(3) == 0 ? answered(of, of.begin_ms + any(20), static_cast<uint16_t>(any(5)),
                                                   static_cast<uint8_t>(any(32)))
                          : any(3) == 0 ? called(any(5), "x\xff\x01", of.begin_ms)
                          : any(2) == 0 ? returned(any(5), "x", of.begin_ms, of.begin_ms + 1,
                                                   static_cast<uint16_t>(any(300)))
                                        : served(of, of.begin_ms + any(20), static_cast<uint8_t>(any(32)));
        if (any(4) == 0) event.message[any(sizeof event.message)] = static_cast<uint8_t>(any(256));
        if (any(4) == 0) event.message_length = static_cast<uint16_t>(any(3) == 0 ? any(65536) : any(280));
        told.assembler.add(event);
        if (i % 1000 == 0) told.assembler.expire(of.begin_ms * ms);
    }
    told.assembler.expire(~uint64_t{0} / 2);
    for (const ChainNodePtr& chain : told.finished)
        for (const PlacedStep& one : chain_steps(*chain, 1000)) {
            const bool too_long = one.node->name.size() > DNS_MESSAGE_PREFIX;
            if (too_long) FAIL("a name of " << one.node->name.size() << " octets");
        }
    CHECK(told.finished.size() > 1000);
}
