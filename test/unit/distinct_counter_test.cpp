#include "exporter/security/distinct_counter.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>

using namespace dnsexp;

TEST_CASE("Nothing counts as nothing, and the same thing counts once") {
    DistinctCounter counter;
    CHECK(counter.estimate() == 0);
    for (int i = 0; i < 1000; ++i) counter.add(0x123456789abcdef0);
    CHECK(counter.estimate() == Approx(1).margin(0.01));
}

// The stated standard error is that of many counters, so it is measured over many.
TEST_CASE("The error against exact counts is the stated one") {
    std::mt19937_64 random(1);
    for (const uint64_t exact : {10, 50, 100, 400, 5'000, 100'000, 1'000'000}) {
        const int rounds = exact > 10'000 ? 40 : 300;
        double squares = 0, sum = 0;
        for (int round = 0; round < rounds; ++round) {
            DistinctCounter counter;
            for (uint64_t i = 0; i < exact; ++i) counter.add(random());
            const double error = counter.estimate() / static_cast<double>(exact) - 1;
            squares += error * error;
            sum += error;
        }
        INFO(exact);
        CHECK(std::sqrt(squares / rounds) < 0.125);  // 9.2 %, and what 40 rounds may be off
        CHECK(std::abs(sum / rounds) < (exact < 1'000'000 ? 0.04 : 0.1));  // ranks end at 15
    }
}

TEST_CASE("A union counts what is in both once") {
    std::mt19937_64 random(2);
    DistinctCounter left, right, both;
    for (int i = 0; i < 3000; ++i) {
        const uint64_t hash = random();
        if (i < 2000) left.add(hash);
        if (i >= 1000) right.add(hash);
        both.add(hash);
    }
    left.merge(right);
    CHECK(left == both);
    CHECK_FALSE(right == both);
}

TEST_CASE("A counter is 64 octets") {
    CHECK(sizeof(DistinctCounter) == 64);
}
