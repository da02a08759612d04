#include "exporter/security/name_signals.h"

#include <catch2/catch.hpp>

#include "test/support/judged_queries.h"
#include "test/support/tunnel_names.h"

using namespace dnsexp;
using namespace dnsexp::testing;

namespace {

constexpr uint16_t txt = 16, null_type = 10;

std::vector<Finding> found(const Asked& asked, const SecurityConfig& config = {}) {
    JudgedQueries queries;
    NameSignals signals(config);
    FindingShelf shelf;
    signals.judge(queries.of(asked), shelf);
    return shelf.findings;
}

bool only(const std::vector<Finding>& findings, EventType type, Severity severity = Severity::low) {
    return findings.size() == 1 && findings[0].type == type && findings[0].severity == severity;
}

}  // namespace

TEST_CASE("Ordinary names have no signs") {
    for (const char* name :
         {"www.example.com", "a.b.c.d.e.example.com", "visualwebsiteoptimizer.com", "com", ""})
        CHECK(found({.name = name}).empty());
}

TEST_CASE("Each sign alone is low") {
    const std::string words = "this-label-is-long-but-made-of-plain-words";
    CHECK(only(found({.name = words + ".example.com"}), EventType::long_label));
    CHECK(only(found({.name = "a.b.c.d.e.f.example.com"}), EventType::deep_subdomain));
    CHECK(only(found({.name = "x7f9k2m4p8q1z5w3.example.com"}), EventType::high_entropy));
    CHECK(only(found({.name = "x7f9k2m4.example.com", .type = txt}), EventType::txt_query));
    CHECK(only(found({.name = "example.com", .type = null_type}), EventType::null_query));
    CHECK(only(found({.name = "www.example.TOP"}), EventType::suspicious_tld));
}

TEST_CASE("Limits are those of the configuration") {
    SecurityConfig config;
    config.max_label_length = 3;
    CHECK(only(found({.name = "www.abcd.com"}, config), EventType::long_label));
    CHECK(found({.name = "www.abc.com"}, config).empty());
    config = {};
    config.max_subdomain_depth = 1;
    CHECK(only(found({.name = "a.b.example.com"}, config), EventType::deep_subdomain));
    CHECK(found({.name = "a.example.com"}, config).empty());
    config = {};
    config.entropy_threshold = 90;
    CHECK(found({.name = "x7f9k2m4p8q1z5w3.example.com"}, config).empty());
    config = {};
    config.suspicious_tlds = {"zip", "example"};
    CHECK(only(found({.name = "www.example"}, config), EventType::suspicious_tld));
    CHECK(found({.name = "www.example.top"}, config).empty());
}

TEST_CASE("The registrable domain's own label is looked at too") {
    CHECK(only(found({.name = "x7f9k2m4p8q1z5w3.com"}), EventType::high_entropy));
}

TEST_CASE("Ordinary TXT is quiet: the domain, words below it, service names") {
    for (const char* name :
         {"example.com", "mail.example.com", "spf.example.com", "_dmarc.example.com",
          "s1._domainkey.example.com", "_acme-challenge.www.example.com", "_spf.example.com"})
        CHECK(found({.name = name, .type = txt}).empty());
}

TEST_CASE("Several signs together are medium, all of them") {
    TunnelNames names(1);
    const auto findings = found({.name = names.dns2tcp(150) + ".t.example.org", .type = txt});
    REQUIRE(findings.size() == 3);
    for (const Finding& one : findings) CHECK(one.severity == Severity::medium);
    CHECK(findings[0].type == EventType::long_label);
    CHECK(findings[1].type == EventType::high_entropy);
    CHECK(findings[2].type == EventType::txt_query);
    // Long and random alone are what some CDNs have.
    for (const Finding& one : found({.name = names.text(50, host_digits) + ".example.org"}))
        CHECK(one.severity == Severity::low);
    // As long, and with octets that no host has.
    for (const Finding& one : found({.name = names.text(50, host_digits) + "\\189.example.org"}))
        CHECK(one.severity == Severity::medium);
}

TEST_CASE("Known shapes and allowed domains have no signs") {
    SecurityConfig config;
    config.allowed_domains = {"example.org"};
    TunnelNames names(2);
    CHECK(found({.name = names.dns2tcp(150) + ".t.example.org", .type = txt}, config).empty());
    CHECK(found({.name = names.text(50, host_digits) + ".avqs.mcafee.com"}).empty());
}

TEST_CASE("A finding tells whom, what and when, printable") {
    const auto findings = found({.name = "\\001\\255+x7f9k2m4p8q1z5w3.Example.com",
                                 .client = 0x0a000007,
                                 .time_ns = 77,
                                 .workload = 5,
                                 .role = DNS_ROLE_CLIENT});
    REQUIRE(findings.size() == 1);
    const Finding& one = findings[0];
    CHECK(one.domain == "example.com");
    CHECK(one.details == "name \\001\\255+x7f9k2m4p8q1z5w3.example.com");
    CHECK(one.client == ClientId{ipv4(0x0a000007), 5});
    CHECK(one.time_ns == 77);
    CHECK(one.asker.pid == 100);
    CHECK(one.role == DNS_ROLE_CLIENT);
    CHECK(one.score >= 60);
    CHECK(one.score <= 100);
}

TEST_CASE("A flood of random domains makes few findings") {
    JudgedQueries queries;
    NameSignals signals{SecurityConfig{}};
    FindingShelf shelf;
    TunnelNames names(3);
    for (int i = 0; i < 5000; ++i)
        signals.judge(queries.of({.name = names.text(20, host_digits) + ".com"}), shelf);
    CHECK(shelf.findings.size() == FindingBudget::per_minute + 1);
    CHECK(shelf.asked() > 4900);
}
