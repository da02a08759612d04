#include "exporter/security/distinct_names.h"

#include <catch2/catch.hpp>
#include <random>
#include <vector>

using namespace dnsexp;

namespace {

constexpr uint64_t second_ns = 1'000'000'000;

// `count` new names, evenly over a minute from `begin_ns`.
void minute_of(DistinctNames& names, std::mt19937_64& random, uint64_t count, uint64_t begin_ns,
               bool failed = false) {
    for (uint64_t i = 0; i < count; ++i) names.add(random(), failed, begin_ns + i * 60 * second_ns / count);
}

}  // namespace

TEST_CASE("The last minute slides: a steady stream has the same count at any time") {
    DistinctNames names;
    std::mt19937_64 random(3);
    const uint64_t begin = 1000 * second_ns;
    minute_of(names, random, 600, begin);
    for (uint64_t step = 1; step <= 300; ++step) {
        const uint64_t now = begin + 60 * second_ns + step * second_ns / 10;
        names.add(random(), false, now);
        if (step % 50 == 0)
            CHECK(names.last_minute(now) == Approx(600).epsilon(0.3));  // three standard errors
    }
}

TEST_CASE("Names that come back every minute count once") {
    DistinctNames names;
    std::mt19937_64 random(6);
    std::vector<uint64_t> hashes(50);
    for (uint64_t& hash : hashes) hash = random();
    for (uint64_t second = 0; second < 300; ++second) {
        for (uint64_t i = 0; i < 50; ++i) names.add(hashes[i], false, (1000 + second) * second_ns);
        CHECK(names.last_minute((1000 + second) * second_ns) == Approx(50).epsilon(0.25));
    }
}

TEST_CASE("What was asked more than two minutes ago is forgotten") {
    DistinctNames names;
    std::mt19937_64 random(4);
    minute_of(names, random, 1000, 1000 * second_ns, true);
    names.add(1, false, 1200 * second_ns);
    CHECK(names.queries() == 1);
    CHECK(names.failed_share() == 0);
    CHECK(names.last_minute(1200 * second_ns) == Approx(1).margin(0.01));
}

TEST_CASE("The share of failures is that of both minutes") {
    DistinctNames names;
    std::mt19937_64 random(5);
    minute_of(names, random, 100, 1000 * second_ns, true);
    minute_of(names, random, 100, 1060 * second_ns, false);
    CHECK(names.queries() == 200);
    CHECK(names.queries_of_minute() == 100);
    CHECK(names.failed_share() == 0.5);
    CHECK(DistinctNames().failed_share() == 0);
}

TEST_CASE("Names that exist are low in any number, names that don't are an attack") {
    CHECK(distinct_score(99, 100, 1) == 0);
    CHECK(distinct_severity(distinct_score(1e6, 100, 0)) == Severity::low);
    CHECK(distinct_severity(distinct_score(100, 100, 1)) == Severity::medium);
    CHECK(distinct_severity(distinct_score(400, 100, 1)) == Severity::high);
    CHECK(distinct_severity(distinct_score(1e6, 100, 0.95)) == Severity::high);
    CHECK(distinct_score(1e9, 10, 1) == 100);
}
