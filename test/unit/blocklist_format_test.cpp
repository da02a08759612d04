#include <catch2/catch.hpp>

#include "exporter/blocklist/format.h"

using namespace dnsexp;

TEST_CASE("A line shows its list's format") {
    const std::pair<const char*, BlocklistFormat> lines[] = {
        {"0.0.0.0 a.example", BlocklistFormat::hosts},
        {"::1 localhost", BlocklistFormat::hosts},
        {"a.example", BlocklistFormat::plain},
        {"a.example # why", BlocklistFormat::plain},
        {"*.a.example", BlocklistFormat::wildcard},
        {"||a.example^", BlocklistFormat::adblock},
        {"@@||a.example^", BlocklistFormat::adblock},
        {"[Adblock Plus 2.0]", BlocklistFormat::adblock},
        {"address=/a.example/#", BlocklistFormat::dnsmasq},
        {"server=/a.example/", BlocklistFormat::dnsmasq},
        {"local=/a.example/", BlocklistFormat::dnsmasq},
        {"server:", BlocklistFormat::unbound},
        {"  local-zone: \"a.example\" deny", BlocklistFormat::unbound},
        {"local-data: \"a.example A 0.0.0.0\"", BlocklistFormat::unbound},
        {"$TTL 300", BlocklistFormat::rpz},
        {"$ORIGIN rpz.test.", BlocklistFormat::rpz},
        {"@ SOA localhost. root.localhost. 1 2 3 4 5", BlocklistFormat::rpz},
        {"  NS localhost.", BlocklistFormat::rpz},
        {"a.example 300 IN CNAME .", BlocklistFormat::rpz},
    };
    for (const auto& [line, format] : lines) {
        INFO(line);
        CHECK(tell_format(line) == format);
    }
}

TEST_CASE("Comments, single words and prose show no format") {
    for (const char* line : {"", "  ", "# a.example", "! a.example", "; a.example", "OK", "192.0.2.1",
                             "Please log on first", "some words of a page", "{\"error\": 404}"}) {
        INFO(line);
        CHECK_FALSE(tell_format(line));
    }
}

TEST_CASE("Formats have the names of the configuration, and a parser each") {
    CHECK(format_name(BlocklistFormat::automatic) == "auto");
    CHECK(format_name(BlocklistFormat::hosts) == "hosts");
    CHECK(format_name(BlocklistFormat::plain) == "plain");
    CHECK(format_name(BlocklistFormat::adblock) == "adblock");
    CHECK(format_name(BlocklistFormat::dnsmasq) == "dnsmasq");
    CHECK(format_name(BlocklistFormat::rpz) == "rpz");
    CHECK(format_name(BlocklistFormat::unbound) == "unbound");
    CHECK(format_name(BlocklistFormat::wildcard) == "wildcard");
}
