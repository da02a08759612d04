#include "exporter/base/rfc3339.h"

#include <catch2/catch.hpp>

using namespace dnsexp;

// The seconds are those that `date -u -d TIME +%s` says.
TEST_CASE("Times are written as RFC 3339 has it, to the nanosecond") {
    CHECK(rfc3339(0) == "1970-01-01T00:00:00.000000000Z");
    CHECK(rfc3339(1'709'251'199'999'999'999) == "2024-02-29T23:59:59.999999999Z");
    CHECK(rfc3339(1'709'251'200'000'000'000) == "2024-03-01T00:00:00.000000000Z");
    CHECK(rfc3339(4'102'444'800'000'000'001) == "2100-01-01T00:00:00.000000001Z");
}
