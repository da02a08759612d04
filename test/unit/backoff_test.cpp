#include <catch2/catch.hpp>
#include <set>

#include "exporter/base/backoff.h"

using namespace dnsexp;
using namespace std::chrono_literals;

TEST_CASE("Delays double with jitter, from the shortest to the longest") {
    for (unsigned seed = 1; seed <= 50; ++seed) {
        Backoff backoff(1s, 60s, seed);
        for (const Backoff::Delay base : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
            const auto delay = backoff.next();
            CHECK(delay >= base);
            CHECK(delay <= std::min<Backoff::Delay>(60s, 2 * base));
        }
        backoff.reset();
        CHECK(backoff.next() <= 2s);
    }
}

TEST_CASE("Nodes that begin together do not come back together") {
    std::set<Backoff::Delay> delays;
    for (unsigned seed = 1; seed <= 50; ++seed) delays.insert(Backoff(1s, 60s, seed).next());
    CHECK(delays.size() > 25);
}

TEST_CASE("The server's wish makes a delay longer, never shorter, and has a bound") {
    Backoff backoff(1s, 60s, 1);
    CHECK(backoff.next(90s) == 90s);
    CHECK(backoff.next(0s) >= 2s);
    CHECK(backoff.next(std::chrono::seconds::max()) == 600s);
}
