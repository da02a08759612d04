#include "ebpf/dns_fetch.h"

#include <catch2/catch.hpp>

namespace {

constexpr uint64_t second = 1'000'000'000, day = 86'400 * second;
// Two questions whose 24 bits differ.
constexpr uint64_t hash = 0x0123456789abcdef, other_hash = 0x0123456799abcdef;

bool is_within(uint64_t written, uint64_t now, uint64_t age) {
    return dns_fetch_within(dns_fetch_rank(dns_fetch_word(hash, written), now), now, age) != 0;
}

}  // namespace

TEST_CASE("A word is its question's, and not another's") {
    CHECK(dns_fetch_is(dns_fetch_word(hash, 77 * second), hash));
    CHECK_FALSE(dns_fetch_is(dns_fetch_word(hash, 77 * second), other_hash));
    CHECK_FALSE(dns_fetch_is(0, hash));
    CHECK_FALSE(dns_fetch_is(0, 0));                         // nothing is kept
    CHECK(dns_fetch_is(dns_fetch_word(0, 77 * second), 0));  // a hash of zeros is one, too
}

TEST_CASE("Whether an answer came since a query is told at any age of the host") {
    for (const uint64_t up : {10 * second, 13 * day, 14 * day, 400 * day, 20'000 * day}) {
        CAPTURE(up / day);
        CHECK(is_within(up - 1 * second, up, 2 * second));
        CHECK_FALSE(is_within(up - 3 * second, up, 2 * second));
        CHECK(is_within(up - 2000, up, 10'000));
        CHECK_FALSE(is_within(up - 12'000, up, 10'000));
    }
}

// The number of 2^10 ns, 40 bits of which are kept, passes through 0 at 2^50 ns.
TEST_CASE("Times before and after the word's time begins anew are told apart") {
    constexpr uint64_t turn = uint64_t{1} << 50;
    CHECK(is_within(turn - second, turn + second, 3 * second));
    CHECK_FALSE(is_within(turn - 3 * second, turn + second, 3 * second));
    CHECK(dns_fetch_rank(dns_fetch_word(hash, turn - second), turn + second) >
          dns_fetch_rank(dns_fetch_word(hash, turn), turn + second));
}

TEST_CASE("The oldest word gives way, after those that hold nothing") {
    constexpr uint64_t now = 30 * day;
    const auto rank = [](uint64_t age) { return dns_fetch_rank(dns_fetch_word(hash, now - age), now); };
    CHECK(rank(12 * day) > rank(1 * day));
    CHECK(rank(1 * day) > rank(2 * second));
    CHECK(rank(2 * second) > rank(0));
    CHECK(dns_fetch_rank(0, now) > rank(12 * day));
}

TEST_CASE("What another CPU has just written is no old word") {
    constexpr uint64_t now = 30 * day;
    const uint64_t ahead = dns_fetch_rank(dns_fetch_word(hash, now + 50'000), now);
    CHECK(ahead < dns_fetch_rank(dns_fetch_word(hash, now - second), now));
    CHECK(is_within(now + 50'000, now, 10'000));
}
