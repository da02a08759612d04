#include "exporter/http/local_peer.h"

#include <catch2/catch.hpp>
#include <string_view>

using namespace dnsexp;

TEST_CASE("Loopback addresses are those of RFC 6890 and their IPv4-mapped forms, and no others") {
    for (const char* address : {"127.0.0.1", "127.255.255.255", "127.0.0.0", "::1", "::ffff:127.0.0.1",
                                "::ffff:127.8.9.10", "0:0:0:0:0:0:0:1"}) {
        INFO(address);
        CHECK(is_loopback_address(address));
    }
    for (const char* address : {"126.255.255.255", "128.0.0.0", "10.0.0.127", "0.0.0.0", "::", "::2",
                                "::127.0.0.1", "::ffff:10.0.0.1", "::ffff:128.0.0.1", "fe80::1", "7f00::1",
                                "1::1", "", "localhost", "127.0.0.1 ", "127.1", "x"}) {
        INFO(address);
        CHECK_FALSE(is_loopback_address(address));
    }
    CHECK_FALSE(is_loopback_address(std::string_view("127.0.0.1\0.example", 18)));
}

TEST_CASE("A Host header is unresolved where it is an address or localhost, with a port or without") {
    for (const char* host : {"127.0.0.1", "127.0.0.1:10153", "10.1.2.3:80", "[::1]", "[::1]:10153",
                             "[fd00::7]:1", "localhost", "localhost:10153", "LocalHost:1"}) {
        INFO(host);
        CHECK(is_unresolved_host(host));
    }
}

TEST_CASE("Names that DNS could lead here, and what is no host at all, are not") {
    for (const char* host : {"evil.example",
                             "evil.example:10153",
                             "localhost.evil.example",
                             "localhost.",
                             "127.0.0.1.evil.example",
                             "127.0.0.1.nip.io:10153",
                             "evil.example,127.0.0.1",
                             "127.0.0.1,evil.example",
                             "127.1",
                             "2130706433",
                             "0x7f.1",
                             "::1",
                             "[::1",
                             "[::1]x",
                             "[::1]:",
                             "[evil.example]",
                             "[fe80::1%lo]",
                             "localhost:",
                             "localhost:x",
                             "localhost:100000",
                             "localhost:80:80",
                             "user@localhost",
                             " localhost",
                             "localhost ",
                             ":10153",
                             ","}) {
        INFO(host);
        CHECK_FALSE(is_unresolved_host(host));
    }
    CHECK_FALSE(is_unresolved_host(std::string_view("127.0.0.1\0.example:80", 21)));
    CHECK_FALSE(is_unresolved_host(std::string_view("[::1\0.example]:80", 17)));
}
