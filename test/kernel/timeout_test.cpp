// What time does to a query: timeout, late answers, forgetting, latency.
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "test/kernel/talk.h"

using namespace dnsexp;
using namespace dnsexp::test;

namespace {

constexpr uint32_t timeout_ms = 100;
// So long that a slow machine comes back before it is over.
const uint32_t late_window_ms = 300 * slow();

Config quick_config() {
    Config config;
    config.capture.query_timeout_ms = timeout_ms;
    config.capture.late_window_ms = late_window_ms;
    config.metrics.latency_buckets_seconds = {0.02, 0.06, 0.5};
    return config;
}

void wait_ms(uint32_t ms) {
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

}  // namespace

TEST_CASE("A query times out once it is older than the timeout; then its answer is late", "[count]") {
    Talk talk(GENERATE(from_range(variants())), quick_config());
    talk.ask(query(7));
    talk.kernel().sweep();
    CHECK(talk.moved() == waits);
    wait_ms(timeout_ms + 20);
    talk.kernel().sweep();
    CHECK(talk.moved() == Counters{{"active client", gone}, {"query 192.0.2.53 1 TIMEOUT client udp", 1}});
    const std::vector<dns_event> events = talk.kernel().take_events();
    REQUIRE(events.size() == 1);
    CHECK(events[0].outcome == DNS_OUTCOME_TIMEOUT);
    CHECK(events[0].swept == 1);
    CHECK(events[0].latency_ns > timeout_ms * 1'000'000);
    CHECK(events[0].query_size == 33);
    CHECK(Bytes(events[0].message, events[0].message + events[0].message_length) == query(7).build());
    talk.answer(response(7));
    CHECK(talk.moved() == stray("late"));
    talk.kernel().sweep();
    CHECK(talk.moved().empty());
}

TEST_CASE("An answer that comes before the sweep, but after the timeout, is late", "[count]") {
    Talk talk(GENERATE(from_range(variants())), quick_config());
    talk.ask(query(7));
    CHECK(talk.moved() == waits);
    wait_ms(timeout_ms + 20);
    talk.answer(response(7));
    CHECK(talk.moved() == Counters{{"active client", gone},
                                   {"query 192.0.2.53 1 TIMEOUT client udp", 1},
                                   {"late 192.0.2.53 client", 1},
                                   {"response 192.0.2.53 1 0 client udp", 1}});
    CHECK(talk.kernel().take_events().size() == 1);
}

TEST_CASE("A query that is repeated after the timeout is a new one", "[count]") {
    Talk talk(GENERATE(from_range(variants())), quick_config());
    talk.ask(query(7));
    CHECK(talk.moved() == waits);
    wait_ms(timeout_ms + 20);
    talk.ask(query(7));
    talk.answer(response(7));
    const Counters moved = talk.moved();
    CHECK(only(moved, {"query", "retransmission"}) ==
          Counters{{"query 192.0.2.53 1 TIMEOUT client udp", 1}, {"query 192.0.2.53 1 0 client udp", 1}});
}

TEST_CASE("What is over for longer than the late window is forgotten", "[count]") {
    Talk talk(GENERATE(from_range(variants())), quick_config());
    talk.ask(query(7));
    talk.answer(response(7));
    talk.ask(query(8));
    wait_ms(timeout_ms + 20);
    talk.kernel().sweep();
    talk.moved();
    talk.answer(response(7));
    CHECK(talk.moved() == stray("duplicate"));
    wait_ms(timeout_ms + late_window_ms);
    talk.answer(response(7));
    CHECK(talk.moved() == stray("unmatched"));
    talk.kernel().sweep();
    talk.answer(response(8));
    CHECK(talk.moved() == stray("unmatched"));
}

TEST_CASE("A latency is in the bucket of its time, and its sum is that time", "[count]") {
    Talk talk(GENERATE(from_range(variants())), quick_config());
    const auto now = [] {
        return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
    };
    const uint64_t before_query = now();
    talk.ask(query(7));
    const uint64_t after_query = now();
    wait_ms(30);
    const uint64_t before_answer = now();
    talk.answer(response(7));
    const uint64_t after_answer = now();
    const RawSnapshot snapshot = talk.kernel().read();
    CHECK(snapshot.latency_edges_ns == std::vector<uint64_t>{20'000'000, 60'000'000, 500'000'000});
    REQUIRE(snapshot.latencies.size() == 1);
    dns_latency latency{};
    for (const dns_latency& cpu : snapshot.latencies[0].cpus) {
        latency.sum_ns += cpu.sum_ns;
        for (size_t i = 0; i < DNS_LATENCY_BUCKETS; ++i) latency.buckets[i] += cpu.buckets[i];
    }
    CHECK(latency.sum_ns >= before_answer - after_query);
    CHECK(latency.sum_ns <= after_answer - before_query);
    const size_t bucket = latency.sum_ns <= 60'000'000 ? 1 : 2;  // 2 on a machine that paused us
    CHECK(latency.buckets[bucket] == 1);
    CHECK(talk.kernel().take_events().at(0).latency_ns == latency.sum_ns);
}
