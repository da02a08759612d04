#include <catch2/catch.hpp>

#include "test/support/blocklist_text.h"

using namespace dnsexp;
using test::holds;
using test::load_list;

TEST_CASE("A hosts file lists its names, not what is below, whatever the address") {
    const auto list = load_list(
        "# comment\n"
        "0.0.0.0 ads.example.com # why\n"
        "127.0.0.1\tTracker.Example.com\t second.example.com\r\n"
        "  ::1 v6.example.com\n"
        ":: any.example.com\n"
        "192.0.2.1 elsewhere.example.com.\n",
        BlocklistFormat::hosts);
    REQUIRE(list);
    CHECK(list.value().taken == 5);
    CHECK(list.value().table->sizes().listed == 6);
    for (const char* name : {"ads.example.com", "tracker.example.com", "second.example.com", "v6.example.com",
                             "any.example.com", "elsewhere.example.com"})
        CHECK(holds(list.value(), name));
    CHECK_FALSE(holds(list.value(), "x.ads.example.com"));
    CHECK_FALSE(holds(list.value(), "why"));
}

TEST_CASE("A hosts file's names of its own host are skipped") {
    const auto list = load_list(
        "127.0.0.1 localhost localhost.localdomain\n255.255.255.255 broadcasthost\n"
        "::1 ip6-localhost ip6-loopback\nff02::1 ip6-allnodes\n0.0.0.0 0.0.0.0\n"
        "127.0.0.1 localhost real.example.com\n",
        BlocklistFormat::hosts);
    REQUIRE(list);
    CHECK(list.value().skipped == 5);
    CHECK(list.value().taken == 1);
    CHECK(list.value().table->sizes().listed == 1);
    CHECK_FALSE(holds(list.value(), "localhost.localdomain"));
}

TEST_CASE("Bad lines of a hosts file are counted, named, and their good names taken") {
    const auto list = load_list(
        "0.0.0.0 a.example.com\n0.0.0.0 b.example.com\n0.0.0.0 c.example.com\n"
        "0.0.0.0 bad..name good.example.com\nexample.com\n0.0.0.0\n",
        BlocklistFormat::hosts);
    REQUIRE(list);
    CHECK(list.value().bad == 3);
    REQUIRE(list.value().first_bad.size() == 3);
    CHECK(list.value().first_bad[0].number == 4);
    CHECK(list.value().first_bad[0].why == "a label of the name is empty");
    CHECK(list.value().first_bad[0].text == "0.0.0.0 bad..name good.example.com");
    CHECK(list.value().first_bad[1].why == "no address at its begin");
    CHECK(list.value().first_bad[2].why == "an address without a name");
    CHECK(holds(list.value(), "good.example.com"));
}

TEST_CASE("A plain list has a name a line, itself only, unless it is marked") {
    const auto list = load_list(
        "a.example.com\n! note\n; note\n\n  b.example.com  # why\n*.c.example.com\n"
        ".d.example.com\n192.0.2.1\nword\ntwo words\n",
        BlocklistFormat::plain);
    REQUIRE(list);
    CHECK(list.value().taken == 4);
    CHECK(list.value().skipped == 1);
    CHECK(list.value().bad == 2);
    CHECK(holds(list.value(), "a.example.com"));
    CHECK_FALSE(holds(list.value(), "x.a.example.com"));
    CHECK(holds(list.value(), "b.example.com"));
    for (const char* name : {"c.example.com", "x.c.example.com", "d.example.com", "y.x.d.example.com"})
        CHECK(holds(list.value(), name));
    CHECK_FALSE(holds(list.value(), "word"));
}

TEST_CASE("A wildcard list holds each name and all below, a whole top-level domain included") {
    const auto list = load_list("*.a.example.com\nb.example.com\n*.zip\n", BlocklistFormat::wildcard);
    REQUIRE(list);
    CHECK(list.value().bad == 0);
    for (const char* name :
         {"a.example.com", "x.a.example.com", "b.example.com", "y.x.b.example.com", "zip", "x.zip"})
        CHECK(holds(list.value(), name));
    CHECK_FALSE(holds(list.value(), "example.com"));
    CHECK_FALSE(load_list("*.\n*\n", BlocklistFormat::wildcard));
}
