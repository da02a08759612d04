#include "exporter/web/rate_limiter.h"

#include <catch2/catch.hpp>

using namespace dnsexp;
using namespace std::chrono_literals;

TEST_CASE("A burst passes at once, then one request an interval") {
    RateLimiter limiter({100ms, 2});
    CHECK(limiter.allow(1s));
    CHECK(limiter.allow(1s));
    CHECK_FALSE(limiter.allow(1s));
    CHECK_FALSE(limiter.allow(1099ms));
    CHECK(limiter.allow(1101ms));
    CHECK_FALSE(limiter.allow(1101ms));
    // A long silence fills the bucket to its burst and no further.
    CHECK(limiter.allow(1h));
    CHECK(limiter.allow(1h));
    CHECK_FALSE(limiter.allow(1h));
    CHECK_FALSE(limiter.allow(30min));  // another thread's clock reading came late
}

TEST_CASE("Without an interval nothing is limited, without a burst all is") {
    RateLimiter off({0ns, 0});
    RateLimiter negative({-1s, 0});
    RateLimiter shut({1ns, 0});
    for (int i = 0; i < 3; ++i) {
        CHECK(off.allow(1s));
        CHECK(negative.allow(1s));
        CHECK_FALSE(shut.allow(1h));
    }
}
