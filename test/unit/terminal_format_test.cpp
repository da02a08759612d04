#include "exporter/terminal/format.h"

#include <catch2/catch.hpp>
#include <limits>

using namespace dnsexp;

TEST_CASE("Numbers have three digits and a unit") {
    CHECK(number_text(0.0) == "0");
    CHECK(number_text(0.12) == "0.12");
    CHECK(number_text(1.234) == "1.23");
    CHECK(number_text(9.999) == "10.0");
    CHECK(number_text(12.34) == "12.3");
    CHECK(number_text(99.96) == "100");
    CHECK(number_text(123.4) == "123");
    CHECK(number_text(999.4) == "999");
    CHECK(number_text(999.6) == "1.00k");
    CHECK(number_text(123'456.0) == "123k");
    CHECK(number_text(12'345'678.0) == "12.3M");
    CHECK(number_text(1e9) == "1.00G");
    CHECK(number_text(1e12) == "1.00T");
    CHECK(number_text(std::nullopt) == "-");
    CHECK(number_text(-1.0) == "-");
    CHECK(number_text(std::numeric_limits<double>::quiet_NaN()) == "-");
    CHECK(number_text(std::numeric_limits<double>::infinity()) == "-");
}

TEST_CASE("Counts below a thousand are exact") {
    CHECK(count_text(0) == "0");
    CHECK(count_text(7) == "7");
    CHECK(count_text(999) == "999");
    CHECK(count_text(1000) == "1.00k");
    CHECK(count_text(18'446'744'073'709'551'615u) == "18446744T");
}

TEST_CASE("Durations go from microseconds to seconds") {
    CHECK(duration_text(0.0) == "0s");
    CHECK(duration_text(0.00025) == "250us");
    CHECK(duration_text(0.0000009) == "0.90us");
    CHECK(duration_text(0.001) == "1.00ms");
    CHECK(duration_text(0.0123) == "12.3ms");
    CHECK(duration_text(0.9994) == "999ms");
    CHECK(duration_text(0.9996) == "1.00s");
    CHECK(duration_text(5.0) == "5.00s");
    CHECK(duration_text(300.0) == "300s");
    CHECK(duration_text(std::nullopt) == "-");
    CHECK(duration_text(-0.1) == "-");
}

TEST_CASE("Shares are percentages, and what is not nothing does not look so") {
    CHECK(share_text(0) == "0.0%");
    CHECK(share_text(0.0001) == "<0.1%");
    CHECK(share_text(0.001) == "0.1%");
    CHECK(share_text(0.123) == "12.3%");
    CHECK(share_text(1) == "100.0%");
}

// The seconds are those that `date -u -d TIME +%s` says.
TEST_CASE("Times are those of UTC") {
    CHECK(clock_text(1'709'251'199'999'999'999) == "23:59:59");
    CHECK(date_text(1'709'251'199'999'999'999) == "2024-02-29T23:59:59Z");
    CHECK(date_text(0) == "1970-01-01T00:00:00Z");
}
