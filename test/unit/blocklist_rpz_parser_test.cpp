#include <catch2/catch.hpp>

#include "test/support/blocklist_text.h"

using namespace dnsexp;
using test::holds;
using test::load_list;

namespace {

const std::string kHead =
    "$TTL 300\n@ SOA localhost. root.localhost. ( 1 ; serial\n  3h 1h\n  1w 1h )\n  NS localhost.\n; note\n";

}  // namespace

TEST_CASE("A policy zone holds a name, or with an asterisk what is below it") {
    const auto list = load_list(
        kHead +
            "a.example CNAME .\n*.b.example 60 IN CNAME *.\nc.example IN 60 CNAME rpz-drop.\n"
            "d.example A 192.0.2.1\n          AAAA 2001:db8::1\ne.example CNAME garden.example.net.\n"
            "f.example TXT \"a ; b ( c\" ; note\n\\103.example CNAME rpz-tcp-only.\n",
        BlocklistFormat::rpz);
    REQUIRE(list);
    CHECK(list.value().bad == 0);
    CHECK(list.value().skipped == 0);
    CHECK(list.value().taken == 8);
    CHECK(list.value().table->sizes().listed == 7);
    for (const char* name : {"a.example", "x.b.example", "c.example", "d.example", "e.example", "f.example",
                             "g.example"})  // \103 is g
        CHECK(holds(list.value(), name));
    for (const char* name : {"x.a.example", "b.example", "garden.example.net", "localhost"})
        CHECK_FALSE(holds(list.value(), name));
}

TEST_CASE("A name that passes through is exempt, in the new writing and the old one") {
    const auto list = load_list(kHead +
                                    "*.example CNAME .\ngood.example CNAME rpz-passthru.\n"
                                    "*.fine.example CNAME rpz-passthru.\nold.example CNAME old.example.\n",
                                BlocklistFormat::rpz);
    REQUIRE(list);
    CHECK(list.value().taken == 4);
    CHECK(holds(list.value(), "bad.example"));
    CHECK_FALSE(holds(list.value(), "good.example"));
    CHECK(holds(list.value(), "x.good.example"));
    CHECK_FALSE(holds(list.value(), "x.fine.example"));
    CHECK_FALSE(holds(list.value(), "old.example"));
}

TEST_CASE("The zone's own name is taken off, however the file writes names") {
    const char* const files[] = {
        // names relative to the zone's name
        "$ORIGIN rpz.test.\n@ SOA a. b. 1 2 3 4 5\nbad.example CNAME .\n",
        // all absolute, as a transfer shows them
        "rpz.test. 300 IN SOA a. b. 1 2 3 4 5\nbad.example.rpz.test. 300 IN CNAME .\nrpz.test. 300 IN NS "
        "a.\n",
        // below origins, as BIND writes zones
        "$ORIGIN .\n$TTL 300\nrpz.test IN SOA a. b. ( 1 2 3\n4 5 )\n NS a.\n$ORIGIN example.rpz.test.\nbad "
        "CNAME .\n",
        // the name is that of an origin
        "$ORIGIN rpz.test.\n@ SOA a. b. 1 2 3 4 5\n$ORIGIN bad.example\n@ CNAME .\n"};
    for (const char* file : files) {
        INFO(file);
        const auto list = load_list(file, BlocklistFormat::rpz);
        REQUIRE(list);
        CHECK(list.value().bad == 0);
        CHECK(holds(list.value(), "bad.example"));
        CHECK(list.value().table->sizes().listed == 1);
    }
}

TEST_CASE("Records of the zone itself list nothing") {
    for (const char* owner : {"@", "rpz.test."}) {
        const auto list =
            load_list("$ORIGIN rpz.test.\n" + std::string(owner) +
                          " SOA a. b. 1 2 3 4 5\n  NS a.\n  TXT \"note\"\nbad.example CNAME .\n",
                      BlocklistFormat::rpz);
        REQUIRE(list);
        CHECK(list.value().bad == 0);
        CHECK(list.value().table->sizes().listed == 1);
    }
}

TEST_CASE("Other triggers, directives and a policy for every name are skipped") {
    const auto list = load_list(kHead +
                                    "a.example CNAME .\n24.0.0.0.127.rpz-client-ip CNAME rpz-drop.\n"
                                    "32.2.0.0.10.rpz-ip CNAME .\n*.ns.example.rpz-nsdname CNAME .\n"
                                    "8.0.0.0.10.RPZ-NSIP CNAME .\n$INCLUDE /etc/passwd\n* CNAME .\n",
                                BlocklistFormat::rpz);
    REQUIRE(list);
    CHECK(list.value().taken == 1);
    CHECK(list.value().skipped == 6);
    CHECK(list.value().bad == 0);
}

TEST_CASE("Broken records are bad, and a parenthesis that stays open does not swallow the file") {
    const auto list = load_list(
        "$ORIGIN rpz.test.\n@ SOA a. b. 1 2 3 4 5\na.example CNAME .\nb.example CNAME .\n"
        "c.example CNAME .\nd..x CNAME .\ne.example CNAME\nother.test. CNAME .\n",
        BlocklistFormat::rpz);
    REQUIRE(list);
    CHECK(list.value().bad == 3);
    CHECK(list.value().first_bad[2].why == "the name does not lie in the zone");
    CHECK(list.value().taken == 3);

    std::string open = kHead + "a.example CNAME . (\n";
    for (int i = 0; i < 40; ++i) open += "n" + std::to_string(i) + ".example CNAME .\n";
    const auto rest = load_list(open, BlocklistFormat::rpz);
    REQUIRE(rest);
    CHECK(rest.value().bad == 1);
    CHECK(holds(rest.value(), "n39.example"));
}
