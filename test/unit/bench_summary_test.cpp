#include "test/bench/summary.h"

#include <catch2/catch.hpp>

using namespace dnsexp::bench;

TEST_CASE("The median is the middle value, or the mean of the two in the middle") {
    CHECK(median({9, 1, 5}) == 5);
    CHECK(median({4, 1, 3, 100}) == 3.5);
    CHECK(median({}) == 0);
}

TEST_CASE("The middle mean leaves out a tenth at each end") {
    CHECK(middle_mean({1000, 2, 2, 2, 2, 3, 3, 3, 3, 0}) == 2.5);
    CHECK(middle_mean({1, 2, 6}) == 3);
    CHECK(middle_mean({}) == 0);
}

TEST_CASE("A summary compares each round with the base of the same round") {
    // The second round met a slow moment: both were three times as dear.
    const Summary s = summarize({20, 60, 22}, {10, 30, 10});
    CHECK(s.median == 22);
    CHECK(s.lowest == 20);
    CHECK(s.highest == 60);
    CHECK(s.ratio == 2);
    CHECK(s.net == 12);
}
