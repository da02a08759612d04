#include <catch2/catch.hpp>

#include "test/support/blocklist_text.h"

using namespace dnsexp;
using test::holds;
using test::load_list;

TEST_CASE("Zones that unbound does not resolve are held with all below") {
    const auto list = load_list(
        "server:\n  # comment\n  local-zone: \"a.example\" always_nxdomain\n"
        "local-zone: 'b.example.' refuse\nlocal-zone: c.example static\n"
        "local-zone: \"d.example\" redirect\nlocal-data: \"d.example A 0.0.0.0\"\n",
        BlocklistFormat::unbound);
    REQUIRE(list);
    CHECK(list.value().taken == 5);
    CHECK(list.value().skipped == 1);
    CHECK(list.value().table->sizes().listed == 4);
    for (const char* name :
         {"a.example", "x.a.example", "b.example", "x.c.example", "d.example", "x.d.example"})
        CHECK(holds(list.value(), name));
}

TEST_CASE("Zones that unbound leaves open exempt names, and other types do nothing") {
    const auto list = load_list(
        "local-zone: \"example\" always_refuse\nlocal-zone: \"good.example\" transparent\n"
        "local-zone: \"10.in-addr.arpa.\" nodefault\nlocal-zone: \".\" always_nxdomain\n"
        "interface: 127.0.0.1\n",
        BlocklistFormat::unbound);
    REQUIRE(list);
    CHECK(list.value().bad == 0);
    CHECK(list.value().skipped == 3);
    CHECK(holds(list.value(), "x.example"));
    CHECK_FALSE(holds(list.value(), "x.good.example"));
    CHECK_FALSE(holds(list.value(), "1.10.in-addr.arpa"));
}

TEST_CASE("Local data holds its own name where its address leads nowhere") {
    const auto list = load_list(
        "local-data: \"a.example. A 0.0.0.0\"\nlocal-data: 'b.example 3600 IN AAAA ::'\n"
        "local-data: \"c.example A 192.0.2.1\"\nlocal-data: 'd.example TXT \"0.0.0.0\"'\n"
        "local-data-ptr: \"192.0.2.3 e.example\"\n",
        BlocklistFormat::unbound);
    REQUIRE(list);
    CHECK(list.value().taken == 2);
    CHECK(list.value().skipped == 3);
    CHECK(holds(list.value(), "a.example"));
    CHECK(holds(list.value(), "b.example"));
    CHECK_FALSE(holds(list.value(), "x.a.example"));
    CHECK_FALSE(holds(list.value(), "c.example"));
}

TEST_CASE("Broken lines of unbound are bad") {
    const auto list = load_list(
        "local-zone: \"a.example\" deny\nlocal-zone: \"b.example\" deny\n"
        "local-zone: \"c.example\"\nlocal-data: \"d.example\"\nlocal-zone: \"e..x\" deny\n"
        "local-zone: \"f.example\" deny\nlocal-zone: \"g.example\" deny\nno option\n",
        BlocklistFormat::unbound);
    REQUIRE(list);
    CHECK(list.value().bad == 4);
    CHECK(list.value().taken == 4);
}
