// The records that sockets send, of which chains are put together.
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "test/kernel/resolving.h"

using namespace dnsexp;
using namespace dnsexp::test;

namespace {

constexpr const char* www = "www.example.test";
using Events = std::vector<dns_event>;

Events records(Resolving& host) {
    Events events = host.kernel().take_events();
    std::erase_if(events, [](const dns_event& event) { return event.lane != DNS_EVENT_SOCKET; });
    return events;
}

Bytes message_of(const dns_event& event) {
    return {event.message, event.message + event.message_length};
}

bool same(const dns_address& a, const dns_address& b) {
    return a.high == b.high && a.low == b.low;
}

// This thread stays on one CPU while it lives: each CPU has a budget of its own.
class OnOneCpu {
  public:
    OnOneCpu() {
        REQUIRE(sched_getaffinity(0, sizeof before_, &before_) == 0);
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(sched_getcpu(), &one);
        REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
    }
    ~OnOneCpu() { sched_setaffinity(0, sizeof before_, &before_); }
    OnOneCpu(const OnOneCpu&) = delete;
    OnOneCpu& operator=(const OnOneCpu&) = delete;

  private:
    cpu_set_t before_{};
};

}  // namespace

TEST_CASE("A miss is told of by five records: both clients' queries and answers, and the resolver's answer",
          "[attach]") {
    Resolving host(GENERATE(from_range(variants())));
    host.ask(1);
    host.fetch(9, "WWW.example.test");
    host.fetched(9, "WWW.example.test");
    host.answer(response(1, www));
    const Events all = records(host);
    REQUIRE(all.size() == 5);
    const dns_event &asked = all[0], &fetch = all[1], &fetched = all[2], &given = all[3], &answered = all[4];
    const auto is = [](const dns_event& event, uint32_t role, uint32_t kind, uint32_t found) {
        CHECK(event.role == role);
        CHECK(event.kind == kind);
        CHECK(event.found == found);
        CHECK(event.asker.known == 1);
        CHECK(event.asker.pid == static_cast<uint32_t>(getpid()));
        CHECK(event.asker.tid == static_cast<uint32_t>(gettid()));
        CHECK(event.asker.uid == getuid());
        CHECK(event.transport == DNS_UDP);
        CHECK(event.ip == DNS_IPV4);
        CHECK(event.server_port == 53);
        CHECK(event.outcome == 0);
    };
    is(asked, DNS_ROLE_CLIENT, DNS_QUERY, 0);
    is(fetch, DNS_ROLE_CLIENT, DNS_QUERY, DNS_FOUND_RESOLVER);
    is(fetched, DNS_ROLE_CLIENT, DNS_RESPONSE, DNS_FOUND_RESOLVER);
    is(given, DNS_ROLE_SERVER, DNS_RESPONSE, DNS_FOUND_MISS);
    is(answered, DNS_ROLE_CLIENT, DNS_RESPONSE, 0);
}

TEST_CASE("Records of one process have one group, and those of another have another", "[attach]") {
    Resolving host(GENERATE(from_range(variants())));
    host.ask(1);
    host.fetch(9);
    host.fetched(9);
    host.answer(response(1, www));
    const Events all = records(host);
    REQUIRE(all.size() == 5);
    CHECK(all[0].group != 0);
    CHECK(all[0].group == all[4].group);  // the client
    CHECK(all[1].group == all[2].group);  // the resolver
    CHECK(all[1].group == all[3].group);
    CHECK(all[0].group != all[1].group);
    CHECK(all[0].asker.workload != all[1].asker.workload);
    CHECK(all[1].asker.workload == all[2].asker.workload);
}

TEST_CASE("A query's record and its answer's say when it was sent, and all ends who they are", "[attach]") {
    Resolving host(GENERATE(from_range(variants())));
    host.ask(1);
    host.answer(response(1, www));
    const Events all = records(host);
    REQUIRE(all.size() == 3);
    const dns_event &asked = all[0], &given = all[1], &answered = all[2];
    CHECK(asked.latency_ns == 0);
    CHECK(answered.query_time_ns == asked.query_time_ns);
    CHECK(answered.latency_ns > 0);
    CHECK(given.found == DNS_FOUND_HIT);
    CHECK(given.query_time_ns >= asked.query_time_ns);
    CHECK(given.query_time_ns + given.latency_ns <= answered.query_time_ns + answered.latency_ns);
    for (const dns_event& event : all) {
        CHECK(same(event.server, address_of(Address4{127, 0, 0, 53})));
        CHECK(same(event.client, address_of(Address4{127, 0, 0, 1})));
        CHECK(event.client_port == asked.client_port);
        CHECK(event.client_port != 53);
    }
}

TEST_CASE("A query's record holds its header and question, an answer's what lies behind them, too",
          "[attach]") {
    Resolving host(GENERATE(from_range(variants())));
    const Dns answer = Dns().id(1).flags(qr | rd | ra).question(www, 1).answer_a({192, 0, 2, 7}, 1);
    host.ask(1);
    host.answer(answer);
    const Events all = records(host);
    REQUIRE(all.size() == 3);
    CHECK(message_of(all[0]) == query(1, www).build());
    CHECK(message_of(all[2]) == answer.build());
    // No more than the longest question takes: 12 + 255 + 4 octets.
    host.ask(2);
    host.answer(response(2, www).raw(Bytes(600)));
    CHECK(records(host).back().message_length == 271);
}

TEST_CASE("A resolver's failure has its RCODE, a referral its mark", "[attach]") {
    Resolving host(GENERATE(from_range(variants())));
    host.ask(1);
    host.fetch(9);
    Bytes referral = Dns()
                         .id(9)
                         .flags(qr)
                         .question(www, 1)
                         .raw({0xc0, 16, 0, 2, 0, 1, 0, 0, 0, 60, 0, 2, 0xc0, 12})
                         .build();
    referral[9] = 1;  // NS records in the authority section
    host.server().send_to(host.server().peer(), referral);
    host.out().receive();
    host.answer(servfail(1));
    const Events all = records(host);
    REQUIRE(all.size() == 5);
    CHECK(all[2].found == (DNS_FOUND_RESOLVER | DNS_FOUND_REFERRAL));
    CHECK(message_of(all[2]) == referral);
    CHECK(all[3].outcome == 2);
    CHECK(all[4].outcome == 2);
}

TEST_CASE("Quick queries of a plain client send so many records at once, and one a millisecond", "[attach]") {
    const OnOneCpu pinned;
    Resolving host(variants().front());
    const Socket silent = Socket::bound("server", local(55));
    const Socket client = Socket::connected("client", local(55));
    constexpr uint64_t queries = 20'000, burst = 4096;  // README.md
    const auto begin = std::chrono::steady_clock::now();
    uint64_t sent = 0;
    for (uint64_t i = 0; i < queries; ++i) {
        client.send(query(static_cast<uint16_t>(i), www).build());
        if (i % 500 == 0) sent += records(host).size();  // so that the ring has room
    }
    const auto took = std::chrono::steady_clock::now() - begin;
    sent += records(host).size();
    const dns_stats stats = host.stats();
    CHECK(stats.events_ring_full == 0);
    CHECK(sent + stats.records_limited == queries);
    CHECK(sent >= burst);
    // The budget's millisecond is 2^20 ns: one fewer than there are, and one that had begun.
    const auto refilled = static_cast<uint64_t>(std::chrono::nanoseconds(took).count() >> 20) + 1;
    CHECK(sent <= burst + refilled);
}
