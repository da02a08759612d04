#include "exporter/security/dga_cache.h"

#include <catch2/catch.hpp>
#include <string>

#include "exporter/fold/hash.h"

using namespace dnsexp;

TEST_CASE("The cache gives the model's verdicts, before and after others pushed them out") {
    DgaCache cache;
    const uint64_t seed = random_seed();
    for (int round = 0; round < 2; ++round)
        for (size_t i = 0; i < 3 * DgaCache::entries; ++i) {
            const std::string domain = "name" + std::to_string(i * 7919) + ".com";
            const DgaVerdict expected = DgaModel::built_in().judge(domain);
            const DgaVerdict verdict = cache.judge(domain, hash_bytes(domain, seed));
            REQUIRE(verdict.log_odds == expected.log_odds);
            REQUIRE(verdict.is_generated == expected.is_generated);
        }
}

TEST_CASE("A verdict is kept by the hash alone, until another name takes its place") {
    DgaCache cache;
    constexpr uint64_t hash = 1, same_place = hash + (uint64_t{DgaCache::entries} << 32);
    const float google = DgaModel::built_in().judge("google.com").log_odds;
    const float other = DgaModel::built_in().judge("xkqzjvwpbtrmh.com").log_odds;
    REQUIRE(google != other);
    CHECK(cache.judge("google.com", hash).log_odds == google);
    CHECK(cache.judge("xkqzjvwpbtrmh.com", hash).log_odds == google);  // remembered, not judged again
    CHECK(cache.judge("xkqzjvwpbtrmh.com", same_place).log_odds == other);
    CHECK(cache.judge("xkqzjvwpbtrmh.com", hash).log_odds == other);
}

TEST_CASE("A hash of zero finds no verdict that nobody gave") {
    DgaCache cache;
    CHECK(cache.judge("xkqzjvwpbtrmh.com", 0).is_generated);
}
