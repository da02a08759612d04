#include <catch2/catch.hpp>

#include "test/support/blocklist_text.h"

using namespace dnsexp;
using test::holds;
using test::load_list;

TEST_CASE("A rule ||name^ holds the name and all below") {
    const auto list = load_list(
        "[Adblock Plus 2.0]\n! Title: x\n# note\n\n||Ads.example.com^\n||b.example.com^|\n"
        "||*.c.example.com^\n||d.example.com^$important\n||e.example.com^$all, important\n",
        BlocklistFormat::adblock);
    REQUIRE(list);
    CHECK(list.value().taken == 5);
    CHECK(list.value().bad == 0);
    for (const char* name : {"ads.example.com", "x.ads.example.com", "b.example.com", "x.c.example.com",
                             "d.example.com", "e.example.com"})
        CHECK(holds(list.value(), name));
    CHECK_FALSE(holds(list.value(), "c.example.com"));
    CHECK_FALSE(holds(list.value(), "example.com"));
}

TEST_CASE("An exception holds over blocks of longer and of shorter names") {
    const auto list =
        load_list("||example.com^\n@@||good.example.com^\n@@||example.org^\n||ads.example.org^\n",
                  BlocklistFormat::adblock);
    REQUIRE(list);
    CHECK(holds(list.value(), "example.com"));
    CHECK_FALSE(holds(list.value(), "good.example.com"));
    CHECK_FALSE(holds(list.value(), "x.good.example.com"));
    CHECK_FALSE(holds(list.value(), "ads.example.org"));
    CHECK(list.value().table->sizes().listed == 2);
    CHECK(list.value().table->sizes().exempt == 2);
}

TEST_CASE("Rules that are not about whole names are skipped, and broken ones bad") {
    const auto list = load_list(
        "||good.example^\n"
        "||a.example^$third-party\n||b.example^$script,domain=x.example\n"
        "||c.example/path^\n||d.example\n||e.*^\n|https://f.example^\n/banner[0-9]+/\n"
        "-ad-banner.\n##.ad\ng.example##.ad\nh.example#@#.ad\n||192.0.2.1^\n"
        "@@||i.example^$document\n"
        "||bad name^\n",
        BlocklistFormat::adblock);
    REQUIRE(list);
    CHECK(list.value().taken == 1);
    CHECK(list.value().skipped == 13);
    CHECK(list.value().bad == 1);
    CHECK(list.value().table->sizes().listed == 1);
    CHECK(list.value().table->sizes().exempt == 0);
}
