#include "exporter/terminal/history.h"

#include <catch2/catch.hpp>

using namespace dnsexp;

namespace {

constexpr uint64_t second = 1'000'000'000;

SummaryReading at(uint64_t ns, uint64_t queries) {
    SummaryReading one;
    one.monotonic_ns = ns;
    one.queries = queries;
    one.outcomes = {{"NOERROR", queries}};
    one.edges = {1};
    one.buckets = {queries, 0};
    return one;
}

History minute() {
    return {60 * second, second};
}

std::vector<uint64_t> times(const History& history) {
    std::vector<uint64_t> all;
    for (const auto& one : history.readings()) all.push_back(one.monotonic_ns);
    return all;
}

}  // namespace

TEST_CASE("A history keeps the last minute") {
    History history = minute();
    for (uint64_t i = 0; i <= 200; ++i) history.add(at(i * second, i));
    CHECK(history.readings().size() == 61);
    CHECK(history.readings().front().monotonic_ns == 140 * second);
    CHECK(history.readings().back().monotonic_ns == 200 * second);
}

TEST_CASE("Readings that come faster than a second take the place of the newest") {
    History history = minute();
    for (uint64_t i = 0; i <= 1000; ++i) history.add(at(i * second / 10, i));
    CHECK(history.readings().size() <= 62);
    const auto all = times(history);
    for (size_t i = 1; i + 1 < all.size(); ++i) CHECK(all[i] - all[i - 1] >= second);
    CHECK(all.back() == 100 * second);
    CHECK(all.back() - all.front() > 58 * second);
}

TEST_CASE("After a pause the last two remain, however far apart") {
    History history = minute();
    for (uint64_t i = 0; i < 10; ++i) history.add(at(i * second, i));
    history.add(at(1000 * second, 100));
    CHECK(times(history) == std::vector<uint64_t>{9 * second, 1000 * second});
}

TEST_CASE("Without a window and a spacing the last two readings are there") {
    History history(0, 0);
    for (uint64_t i = 0; i < 10; ++i) history.add(at(i * second / 10, i));
    CHECK(times(history) == std::vector<uint64_t>{8 * second / 10, 9 * second / 10});
}

TEST_CASE("An exporter that began anew has a new history") {
    const auto begins_anew = [](const SummaryReading& next) {
        History history = minute();
        history.add(at(10 * second, 50));
        history.add(at(11 * second, 60));
        history.add(next);
        return history.readings().size() == 1;
    };
    CHECK_FALSE(begins_anew(at(12 * second, 60)));
    CHECK(begins_anew(at(5 * second, 60)));  // its host began anew too
    SummaryReading next = at(12 * second, 60);
    next.queries = 59;
    CHECK(begins_anew(next));
    next = at(12 * second, 70);
    next.outcomes = {{"NOERROR", 59}, {"NXDOMAIN", 11}};
    CHECK(begins_anew(next));
    next = at(12 * second, 70);
    next.outcomes = {{"NXDOMAIN", 70}};
    CHECK(begins_anew(next));
    next = at(12 * second, 70);
    next.buckets = {59, 11};
    CHECK(begins_anew(next));
    next = at(12 * second, 70);
    next.edges = {2};
    CHECK(begins_anew(next));
}
