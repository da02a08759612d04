#include "exporter/redact/redactor.h"

#include <catch2/catch.hpp>

#include "exporter/redact/name_labels.h"

using namespace dnsexp;

namespace {

const Redactor& masking() {
    static const Redactor redactor(Redaction::mask, Redaction::mask, "");
    return redactor;
}

}  // namespace

TEST_CASE("Plain names and clients stay as they are") {
    const Redactor redactor(Redaction::plain, Redaction::plain, "");
    CHECK(redactor.name("www.example.com") == "www.example.com");
    CHECK(redactor.client("2001:db8::1") == "2001:db8::1");
}

// printf %s 'name:www.example.com' | openssl dgst -sha256 -hmac 0123456789abcdef
TEST_CASE("A hash is what OpenSSL's command says, cut to 64 bits") {
    const Redactor redactor(Redaction::hash, Redaction::hash, "0123456789abcdef");
    CHECK(redactor.name("www.example.com") == "67420e315439154e");
    CHECK(redactor.client("192.0.2.1") == "4cc1bd094cc9984c");
    CHECK(redactor.name("192.0.2.1") != redactor.client("192.0.2.1"));
    CHECK(redactor.name("").empty());
    CHECK(redactor.name(".") == ".");
    CHECK(redactor.client("").empty());
}

TEST_CASE("Without a key two redactors share no hash, and with one they do") {
    const Redactor a(Redaction::hash, Redaction::hash, "");
    const Redactor b(Redaction::hash, Redaction::hash, "");
    CHECK(a.name("example.com") == a.name("example.com"));
    CHECK(a.name("example.com") != b.name("example.com"));
    CHECK(Redactor(Redaction::hash, Redaction::hash, "k").name("a") ==
          Redactor(Redaction::hash, Redaction::hash, "k").name("a"));
}

TEST_CASE("A masked name shows no more than its registrable domain") {
    CHECK(masking().name("www.example.com") == "*.example.com");
    CHECK(masking().name("a.b.c.example.co.uk") == "*.example.co.uk");
    CHECK(masking().name("example.com") == "example.com");
    CHECK(masking().name("com") == "com");
    CHECK(masking().name("co.uk") == "co.uk");
    CHECK(masking().name("4.3.2.1.in-addr.arpa") == "*.in-addr.arpa");
    CHECK(masking().name("8.b.d.0.1.0.0.2.ip6.arpa") == "*.ip6.arpa");
    CHECK(masking().name(".") == ".");
    CHECK(masking().name("").empty());
}

TEST_CASE("Of a name under no known suffix the last label is left, and of a single label nothing") {
    CHECK(masking().name("alices-laptop.corp") == "*.corp");
    CHECK(masking().name("db.prod.svc.cluster.internalzone") == "*.internalzone");
    CHECK(masking().name("my-password") == "*");
}

TEST_CASE("An escaped dot is no border of labels") {
    // One label "evil.example" below com: its own registrable domain, whole.
    CHECK(masking().name("a.evil\\.example.com") == "*.evil\\.example.com");
    CHECK(masking().name("secret.a\\046b.com") == "*.a\\046b.com");
    CHECK(masking().name("secret\\\\.example.com") == "*.example.com");
}

TEST_CASE("What is no name in presentation format is masked whole") {
    for (const char* name : {"a..com", ".com", "com.", "\\", "a\\0", "a\\25", "a\\256.com", "a\\1x2.com"}) {
        INFO(name);
        CHECK(masking().name(name) == "*");
    }
    std::string too_long(64, 'a');
    too_long += ".example.com";
    CHECK(masking().name(too_long) == "*");
}

TEST_CASE("Masked clients keep their network") {
    CHECK(masking().client("192.0.2.255") == "192.0.2.0/24");
    CHECK(masking().client("2001:db8:1:2:3:4:5:6") == "2001:db8:1::/48");
    CHECK(masking().client("::1") == "::/48");
    CHECK(masking().client("").empty());
    CHECK(masking().client("no address").empty());
}

// RFC 1035, 2.3.4: labels of 63 octets, names of 255 on the wire.
TEST_CASE("Labels are found in text up to the limits of the DNS") {
    const std::string label(63, 'x');
    std::string longest;
    for (int i = 0; i < 3; ++i) longest.append(label).append(".");
    longest.append(61, 'x');
    REQUIRE(name_labels(longest));
    CHECK(name_labels(longest)->wire.size() == 255);
    CHECK(name_labels(longest)->starts == std::vector<size_t>{0, 64, 128, 192});
    CHECK_FALSE(name_labels(longest + "x"));
    CHECK_FALSE(name_labels(label + "x"));
    CHECK_FALSE(name_labels(""));
    const auto escaped = name_labels("\\.\\000\\255.b");
    REQUIRE(escaped);
    CHECK(escaped->wire == std::vector<uint8_t>{3, '.', 0, 255, 1, 'b', 0});
}
