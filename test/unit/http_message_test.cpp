#include "exporter/http/message.h"

#include <catch2/catch.hpp>

using namespace dnsexp;

// RFC 9110, 5.1: names of headers in any case.
TEST_CASE("Headers that are set take the place of those of the same name, the others stay") {
    HttpResponse response = make_response(200, "text/plain", "x");
    const size_t before = response.headers.size();
    set_headers(response, {{"content-security-policy", "default-src 'self'"}, {"X-Frame-Options", "deny"}});
    CHECK(response.headers.size() == before + 1);
    std::string policy;
    bool has_type = false;
    for (const auto& [name, value] : response.headers) {
        CHECK(name != "Content-Security-Policy");
        if (name == "content-security-policy") policy = value;
        has_type = has_type || name == "Content-Type";
    }
    CHECK(policy == "default-src 'self'");
    CHECK(has_type);
}
