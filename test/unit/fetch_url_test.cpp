#include <catch2/catch.hpp>

#include "exporter/fetch/url.h"

using namespace dnsexp;

TEST_CASE("A URL's origin is its scheme, host and port, in lower case and with the default port") {
    CHECK(url_origin("https://API.example/v1?a=b").value() == UrlOrigin{"https", "api.example", "443"});
    CHECK(url_origin("http://user:secret@10.0.0.1:8080/").value() == UrlOrigin{"http", "10.0.0.1", "8080"});
    CHECK(url_origin("https://[2001:DB8::1]:6443").value() == UrlOrigin{"https", "[2001:db8::1]", "6443"});
    CHECK(url_origin("http://a.example").value() != url_origin("https://a.example").value());
}

TEST_CASE("What is no http or https URL has no origin") {
    for (const char* url : {"", "a.example/x", "//a.example", "file:///etc/passwd", "ftp://a.example/",
                            "https://", "https://a b/", "https://a.example/\n", "gopher://a.example",
                            "https://a.example:99999/", "https://\xc3\xa4.example/"}) {
        INFO(url);
        CHECK_FALSE(url_origin(url));
    }
}

TEST_CASE("A shown URL has no credentials, query and fragment") {
    CHECK(shown_url("https://user:secret@a.example:444/feed?key=secret#secret") ==
          "https://a.example:444/feed");
    CHECK(shown_url("https://[2001:db8::1]:6443/api") == "https://[2001:db8::1]:6443/api");
    CHECK(shown_url("secret") == "URL");
}

TEST_CASE("Loopback hosts are localhost, 127.0.0.0/8 and ::1, and no name that begins so") {
    for (const char* host : {"localhost", "127.0.0.1", "127.255.0.9", "[::1]", "[0:0:0:0:0:0:0:1]"}) {
        INFO(host);
        CHECK(is_loopback_host(host));
    }
    for (const char* host :
         {"127.evil.example", "128.0.0.1", "[::2]", "[1::1]", "[fe80::1]", "localhost.example", "", "[]"}) {
        INFO(host);
        CHECK_FALSE(is_loopback_host(host));
    }
}

TEST_CASE("Percent-encoding leaves RFC 3986's unreserved characters alone") {
    CHECK(url_encoded("AZaz09-._~") == "AZaz09-._~");
    CHECK(url_encoded("spec.nodeName=a&b +/%") == "spec.nodeName%3Da%26b%20%2B%2F%25");
    CHECK(url_encoded("\xc3\xa4\n") == "%C3%A4%0A");
}
