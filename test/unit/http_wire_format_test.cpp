#include <catch2/catch.hpp>

#include "exporter/http/wire_format.h"

using namespace dnsexp;

TEST_CASE("A response's head is a status line, its headers, a date and the connection's fate") {
    HttpResponse response;
    response.status = 404;
    response.headers = {{"Content-Type", "text/plain"}, {"Content-Length", "3"}};
    // The example date of RFC 9110, 5.6.7 is 784111777 seconds after the epoch.
    const std::chrono::system_clock::time_point when{std::chrono::seconds(784111777)};
    CHECK(response_head(response, false, when) ==
          "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n"
          "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nConnection: close\r\n\r\n");
    CHECK(response_head(response, true, when).find("Connection: keep-alive\r\n") != std::string::npos);
}

TEST_CASE("Connections stay open as RFC 9112 has it") {
    CHECK(wants_keep_alive("1.1", ""));
    CHECK_FALSE(wants_keep_alive("1.0", ""));
    CHECK(wants_keep_alive("1.0", "Keep-Alive"));
    CHECK(wants_keep_alive("1.1", "TE , keep-alive"));
    CHECK_FALSE(wants_keep_alive("1.1", "close"));
    CHECK_FALSE(wants_keep_alive("1.1", "not-keep-alive"));
}

TEST_CASE("A status has the phrase of RFC 9110, and an unforeseen one that of its class") {
    CHECK(reason_phrase(200) == "OK");
    CHECK(reason_phrase(401) == "Unauthorized");
    CHECK(reason_phrase(403) == "Forbidden");
    CHECK(reason_phrase(429) == "Too Many Requests");  // RFC 6585, 4
    CHECK(reason_phrase(405) == "Method Not Allowed");
    CHECK(reason_phrase(503) == "Service Unavailable");
    CHECK(reason_phrase(418) == "Client Error");
    CHECK(reason_phrase(599) == "Server Error");
}

// RFC 9112, 7.1: chunk-size is hexadecimal; a size of 0 ends the body.
TEST_CASE("A chunk has its size before it, and the empty one is the last") {
    CHECK(chunk("") == "0\r\n\r\n");
    CHECK(chunk("{}\n") == "3\r\n{}\n\r\n");
    CHECK(chunk(std::string(26, 'x')) == "1a\r\n" + std::string(26, 'x') + "\r\n");
}
