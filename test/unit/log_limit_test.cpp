#include "exporter/base/log_limit.h"

#include <catch2/catch.hpp>

using namespace dnsexp;
using namespace std::chrono_literals;

namespace {

const LogLimit::Clock::time_point kStart{1000s};

}  // namespace

TEST_CASE("A message is let through ten times in ten seconds, and what came beyond is told") {
    LogLimit limit;
    int admitted = 0;
    for (int i = 0; i < 25; ++i) admitted += limit.admits(1, "down", kStart + i * 100ms) ? 1 : 0;
    CHECK(admitted == 10);
    CHECK(limit.over(kStart + 9999ms).empty());
    const auto over = limit.over(kStart + 10s);
    REQUIRE(over.size() == 1);
    CHECK(over[0].level == 1);
    CHECK(over[0].message == "down");
    CHECK(over[0].count == 15);
    CHECK(limit.over(kStart + 30s).empty());
    CHECK(limit.admits(1, "down", kStart + 10s));
}

TEST_CASE("A message that stays below the limit is never told of") {
    LogLimit limit;
    for (int i = 0; i < 10; ++i) CHECK(limit.admits(1, "calm", kStart));
    CHECK(limit.over(kStart + 1h).empty());
}

TEST_CASE("Each text and each level has a limit of its own") {
    LogLimit limit;
    for (int i = 0; i < 20; ++i) limit.admits(1, "a", kStart);
    CHECK_FALSE(limit.admits(1, "a", kStart));
    CHECK(limit.admits(1, "b", kStart));
    CHECK(limit.admits(2, "a", kStart));
}

TEST_CASE("More texts than are followed are written, and the memory stays what it is") {
    LogLimit limit;
    for (int i = 0; i < 5000; ++i) CHECK(limit.admits(1, "text " + std::to_string(i), kStart));
    for (int i = 0; i < 50; ++i) CHECK(limit.admits(1, "text 4999", kStart));
    for (int i = 0; i < 9; ++i) CHECK(limit.admits(1, "text 0", kStart));
    CHECK_FALSE(limit.admits(1, "text 0", kStart));
    CHECK(limit.over(kStart + 10s).size() == 1);
    // All are forgotten: a text that was not followed is now.
    for (int i = 0; i < 10; ++i) CHECK(limit.admits(1, "text 4999", kStart + 10s));
    CHECK_FALSE(limit.admits(1, "text 4999", kStart + 10s));
}
