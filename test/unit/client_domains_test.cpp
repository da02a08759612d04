#include "exporter/security/client_domains.h"

#include <catch2/catch.hpp>
#include <memory>

#include "exporter/fold/hash.h"

using namespace dnsexp;
using Seen = ClientDomains::Seen;

namespace {

constexpr uint64_t begin = 7 * ClientDomains::window_ns;

uint64_t hash_of(uint64_t number) {
    return hash_mix(number + 1, 0x9e3779b97f4a7c15);
}

}  // namespace

TEST_CASE("A domain counts once, whatever becomes of it, unless it comes to exist") {
    ClientDomains domains;
    CHECK(domains.look(hash_of(1), true, begin).seen == Seen::first);
    CHECK(domains.knows(hash_of(1), false, begin));
    CHECK_FALSE(domains.knows(hash_of(2), false, begin));
    CHECK(domains.look(hash_of(1), true, begin).seen == Seen::again);
    CHECK(domains.look(hash_of(1), false, begin).seen == Seen::again);

    CHECK(domains.look(hash_of(2), false, begin).seen == Seen::first);
    domains.weigh(hash_of(2), 2.5F);
    CHECK(domains.look(hash_of(2), false, begin).seen == Seen::again);
    CHECK(domains.knows(hash_of(2), false, begin));
    CHECK_FALSE(domains.knows(hash_of(2), true, begin));
    const auto look = domains.look(hash_of(2), true, begin);
    CHECK(look.seen == Seen::recovered);
    CHECK(look.weight == 2.5F);
    CHECK(domains.look(hash_of(2), true, begin).seen == Seen::again);
}

TEST_CASE("A domain counts again when one to two windows have passed") {
    ClientDomains domains;
    (void)domains.look(hash_of(1), false, begin);
    CHECK(domains.look(hash_of(1), false, begin + ClientDomains::window_ns).seen == Seen::again);
    CHECK(domains.look(hash_of(1), false, begin + 2 * ClientDomains::window_ns).seen == Seen::first);
}

TEST_CASE("What does not exist stays known among any number of domains that do") {
    ClientDomains domains;
    constexpr uint64_t missing = 40;
    size_t first = 0;
    for (uint64_t i = 0; i < missing; ++i)
        first += domains.look(hash_of(i), false, begin).seen == Seen::first;
    for (uint64_t i = 0; i < 5000; ++i) (void)domains.look(hash_of(1000 + i), true, begin);
    size_t again = 0;
    for (uint64_t i = 0; i < missing; ++i)
        again += domains.look(hash_of(i), false, begin).seen == Seen::again;
    CHECK(first == missing);
    CHECK(again >= missing - 2);  // five or more of 40 in one set of four are rare
}
