#include <catch2/catch.hpp>

#include "test/support/blocklist_text.h"

using namespace dnsexp;
using test::holds;
using test::load_list;

TEST_CASE("Names that dnsmasq answers with nothing, or asks of nobody, are held with all below") {
    const auto list = load_list(
        "# comment\naddress=/a.example/0.0.0.0\naddress=/b.example/#\naddress=/c.example/\n"
        "address=/d.example/::\naddress=/e.example/127.0.0.1 # why\nserver=/f.example/\n"
        "local=/g.example/\naddress=/h.example/i.example/0.0.0.0\naddress=/.j.example/::1\n",
        BlocklistFormat::dnsmasq);
    REQUIRE(list);
    CHECK(list.value().taken == 9);
    CHECK(list.value().table->sizes().listed == 10);
    for (const char c : std::string_view("abcdefghij")) {
        const std::string name = std::string(1, c) + ".example";
        CHECK(holds(list.value(), name));
        CHECK(holds(list.value(), "x." + name));
    }
}

TEST_CASE("A server of its own exempts a name, and an address that leads somewhere is no block") {
    const auto list = load_list(
        "address=/example/#\nserver=/good.example/192.0.2.53\nserver=/open.example/#\n"
        "address=/nas.home.arpa/192.168.1.5\nserver=192.0.2.53\ncache-size=1000\nno-resolv\n"
        "address=/#/0.0.0.0\naddress=/*.x.example/#\n",
        BlocklistFormat::dnsmasq);
    REQUIRE(list);
    CHECK(list.value().bad == 0);
    CHECK(list.value().skipped == 6);
    CHECK(holds(list.value(), "bad.example"));
    CHECK_FALSE(holds(list.value(), "good.example"));
    CHECK_FALSE(holds(list.value(), "x.open.example"));
    CHECK_FALSE(holds(list.value(), "nas.home.arpa"));
    CHECK_FALSE(holds(list.value(), "other.test"));
}

TEST_CASE("Broken lines of dnsmasq are bad, and good names of theirs taken") {
    const auto list = load_list(
        "address=/a.example/#\naddress=/b.example/#\naddress=/c.example/#\n"
        "address=/d..x/e.example/#\naddress=f.example\nsome words here\n",
        BlocklistFormat::dnsmasq);
    REQUIRE(list);
    CHECK(list.value().bad == 3);
    CHECK(holds(list.value(), "e.example"));
    CHECK_FALSE(holds(list.value(), "f.example"));
}
