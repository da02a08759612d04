#include "exporter/fold/recent_latency.h"

#include <catch2/catch.hpp>
#include <deque>
#include <random>

using namespace dnsexp;

namespace {

constexpr uint64_t second = 1'000'000'000;
constexpr uint64_t millisecond = 1'000'000;

dns_event answered(uint64_t answer_ns, uint64_t latency_ns) {
    dns_event event{};
    event.query_time_ns = answer_ns - latency_ns;
    event.latency_ns = latency_ns;
    return event;
}

}  // namespace

TEST_CASE("Without an answer in the last minute there are no extremes") {
    RecentLatency recent;
    CHECK_FALSE(recent.extremes(0));
    CHECK_FALSE(recent.extremes(1000 * second));
    recent.add(answered(1000 * second, millisecond));
    CHECK(recent.extremes(1000 * second));
    CHECK(recent.extremes(1059 * second + second - 1));
    CHECK_FALSE(recent.extremes(1060 * second));
}

TEST_CASE("An answer counts in the second in which it came, whenever its query was sent") {
    RecentLatency recent;
    recent.add(answered(1000 * second, 5 * second));
    CHECK(recent.extremes(1059 * second));
    CHECK_FALSE(recent.extremes(1060 * second));
}

TEST_CASE("Timeouts and what sockets tell are no latencies of the wire") {
    RecentLatency recent;
    dns_event event = answered(1000 * second, millisecond);
    event.outcome = DNS_OUTCOME_TIMEOUT;
    recent.add(event);
    event = answered(1000 * second, millisecond);
    event.lane = DNS_EVENT_SOCKET;
    recent.add(event);
    CHECK_FALSE(recent.extremes(1000 * second));
}

TEST_CASE("An event that comes a minute late does not disturb the present") {
    RecentLatency recent;
    recent.add(answered(1060 * second, 3 * millisecond));
    recent.add(answered(1000 * second, 900 * millisecond));
    const auto extremes = recent.extremes(1060 * second);
    REQUIRE(extremes);
    CHECK(extremes->min_ns == 3 * millisecond);
    CHECK(extremes->max_ns == 3 * millisecond);
}

TEST_CASE("The extremes are those of a list of all answers of the last minute") {
    std::mt19937_64 random(20261123);
    RecentLatency recent;
    std::deque<std::pair<uint64_t, uint64_t>> all;  // second of the answer, latency
    uint64_t now = 5000 * second;
    for (int i = 0; i < 20'000; ++i) {
        now += random() % (i % 1000 == 0 ? 90 * second : 50 * millisecond);
        const uint64_t latency = 1 + random() % (4 * second);
        recent.add(answered(now, latency));
        all.emplace_back(now / second, latency);
        while (all.front().first + 60 <= now / second) all.pop_front();
        const auto [least, most] = std::minmax_element(
            all.begin(), all.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
        const auto extremes = recent.extremes(now);
        REQUIRE(extremes);
        REQUIRE(extremes->min_ns == least->second);
        REQUIRE(extremes->max_ns == most->second);
    }
}
