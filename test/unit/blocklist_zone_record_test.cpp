#include <catch2/catch.hpp>

#include "exporter/blocklist/zone_record.h"

using namespace dnsexp;

TEST_CASE("Owner, type and target of a record, with TTL and class in any order") {
    for (const char* line : {"a.example CNAME b.example.", "a.example\t300 IN\tCNAME b.example. ",
                             "a.example IN 1h30m CNAME b.example. more"}) {
        const auto record = split_record(line);
        REQUIRE(record);
        CHECK(record->owner == "a.example");
        CHECK(record->type == "CNAME");
        CHECK(record->target == "b.example.");
    }
    const auto next = split_record("  300 in aaaa ::");
    REQUIRE(next);
    CHECK(next->owner.empty());
    CHECK(next->type == "aaaa");
}

TEST_CASE("Prose and halves of records are none") {
    for (const char* line : {"", " ", "a.example", "a.example CNAME", "a.example IN 300",
                             "some words of a page", "such a page", "  CNAME", "a.example A b.example"}) {
        INFO(line);
        CHECK_FALSE(split_record(line));
    }
}
