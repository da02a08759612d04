#include <catch2/catch.hpp>

#include "exporter/http/listen_address.h"

using namespace dnsexp;

TEST_CASE("A port alone means all addresses of both families") {
    const auto address = parse_listen_address(":10153");
    REQUIRE(address);
    CHECK(address.value() == ListenAddress{ListenFamily::any, "", 10153});
    CHECK(to_string(address.value()) == "[::]:10153");
}

TEST_CASE("Listen addresses of each accepted form are understood") {
    struct Case {
        const char* text;
        ListenAddress expected;
        const char* printed;
    };
    const Case cases[] = {
        {"127.0.0.1:9", {ListenFamily::ipv4, "127.0.0.1", 9}, "127.0.0.1:9"},
        {"0.0.0.0:80", {ListenFamily::ipv4, "0.0.0.0", 80}, "0.0.0.0:80"},
        {"localhost:65535", {ListenFamily::ipv4, "127.0.0.1", 65535}, "127.0.0.1:65535"},
        {"[::1]:9", {ListenFamily::ipv6, "::1", 9}, "[::1]:9"},
        {"[2001:DB8:0:0::1]:9", {ListenFamily::ipv6, "2001:db8::1", 9}, "[2001:db8::1]:9"},  // RFC 5952, 4
        {"[::]:9", {ListenFamily::any, "", 9}, "[::]:9"},
        {":0", {ListenFamily::any, "", 0}, "[::]:0"},
    };
    for (const Case& c : cases) {
        INFO(c.text);
        const auto address = parse_listen_address(c.text);
        REQUIRE(address);
        CHECK(address.value() == c.expected);
        CHECK(to_string(address.value()) == c.printed);
    }
}

TEST_CASE("Each malformed listen address is an error that quotes it and says why") {
    struct Case {
        const char* text;
        const char* reason;
    };
    const Case cases[] = {
        {"", "port is missing"},           {"10153", "port is missing"},
        {":", "no number from 0"},         {":65536", "no number from 0"},
        {":-1", "no number from 0"},       {":+80", "no number from 0"},
        {": 80", "no number from 0"},      {":80s", "no number from 0"},
        {":80,90", "no number from 0"},    {":http", "no number from 0"},
        {"::1:80", "needs brackets"},      {"[::1]", "brackets enclose"},
        {"[::1]80:80", "brackets"},        {"[]:80", "no valid IPv6"},
        {"[1.2.3.4]:80", "no valid IPv6"}, {"[fe80::1%lo]:80", "zones"},
        {"256.0.0.1:80", "no IPv4"},       {"dns.example:80", "names are not resolved"},
    };
    for (const Case& c : cases) {
        INFO(c.text);
        const auto address = parse_listen_address(c.text);
        REQUIRE_FALSE(address);
        CHECK(address.error().object == "\"" + std::string(c.text) + "\"");
        CHECK(address.error().detail.find(c.reason) != std::string::npos);
        CHECK_FALSE(address.error().hint.empty());
    }
}

TEST_CASE("A NUL inside a listen address does not hide what follows it") {
    CHECK_FALSE(parse_listen_address(std::string_view("127.0.0.1\0x:80", 14)));
}
