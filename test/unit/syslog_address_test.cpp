#include "exporter/alerts/syslog_address.h"

#include <catch2/catch.hpp>

using namespace dnsexp;

TEST_CASE("Syslog addresses are sockets' paths, UDP and TCP") {
    const auto path = parse_syslog_address("/dev/log");
    REQUIRE(path);
    CHECK(path.value().transport == SyslogTransport::local);
    CHECK(path.value().path == "/dev/log");
    const auto udp = parse_syslog_address("udp://logs.example.org:514");
    REQUIRE(udp);
    CHECK(udp.value().transport == SyslogTransport::udp);
    CHECK(udp.value().host == "logs.example.org");
    CHECK(udp.value().port == "514");
    const auto tcp = parse_syslog_address("tcp://[2001:db8::1]:601");
    REQUIRE(tcp);
    CHECK(tcp.value().transport == SyslogTransport::tcp);
    CHECK(tcp.value().host == "2001:db8::1");
    CHECK(tcp.value().port == "601");
}

TEST_CASE("Other syslog addresses are refused, and it is said what is allowed") {
    for (const char* text : {"", "dev/log", "logs:514", "udp://logs", "udp://:514", "tcp://logs:0",
                             "tcp://logs:65536", "tcp://logs:5x", "tcp://logs:", "tls://logs:6514",
                             "udp://2001:db8::1:514", "tcp://a/b:514", "udp://me@logs:514", "udp://[]:514"}) {
        const auto parsed = parse_syslog_address(text);
        INFO(text);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().message().find("udp://HOST:PORT") != std::string::npos);
    }
    CHECK(parse_syslog_address("/" + std::string(106, 'a')));
    CHECK_FALSE(parse_syslog_address("/" + std::string(107, 'a')));  // unix(7): 108 with the final NUL
}
