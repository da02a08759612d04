#include "exporter/fold/sampler.h"

#include <array>
#include <catch2/catch.hpp>
#include <cmath>

using namespace dnsexp;

TEST_CASE("A sample of one takes all") {
    Sampler all(1, 7);
    for (int i = 0; i < 1000; ++i) CHECK(all.takes());
}

TEST_CASE("A sample has its share, in every residue class of what it is taken from") {
    constexpr int total = 1'000'000;
    constexpr int one_of = 10;
    Sampler sampler(one_of, 42);
    std::array<int, one_of> taken{};
    for (int i = 0; i < total; ++i) taken[static_cast<size_t>(i % one_of)] += sampler.takes() ? 1 : 0;
    // Five standard deviations of a binomial distribution: wrong once in a million seeds, and this one is
    // fixed.
    const double expected = double{total} / one_of / one_of;
    const double allowed = 5 * std::sqrt(expected * (1 - 1.0 / one_of));
    for (const int count : taken) CHECK(std::abs(count - expected) < allowed);
}

TEST_CASE("Two samples of different seeds are not the same") {
    Sampler a(2);
    Sampler b(2);
    int same = 0;
    for (int i = 0; i < 200; ++i) same += a.takes() == b.takes() ? 1 : 0;
    CHECK(same < 200);
}
