#include "exporter/fold/registrable_domain.h"

#include <catch2/catch.hpp>
#include <vector>

using namespace dnsexp;

namespace {

std::vector<uint8_t> wire(std::string_view dotted) {
    std::vector<uint8_t> bytes;
    while (!dotted.empty()) {
        const std::string_view label = dotted.substr(0, dotted.find('.'));
        bytes.push_back(static_cast<uint8_t>(label.size()));
        bytes.insert(bytes.end(), label.begin(), label.end());
        dotted.remove_prefix(std::min(dotted.size(), label.size() + 1));
    }
    bytes.push_back(0);
    return bytes;
}

std::string of(std::string_view dotted) {
    static RegistrableDomains domains;
    const std::string first(domains.of(wire(dotted)));
    CHECK(domains.of(wire(dotted)) == first);  // from the cache
    return first;
}

}  // namespace

// Expected values: the test vectors of publicsuffix.org (test_psl.txt), for rules that have stood for years.
TEST_CASE("The registrable domain is the public suffix plus one label") {
    CHECK(of("example.com") == "example.com");
    CHECK(of("a.b.example.COM") == "example.com");
    CHECK(of("www.bbc.co.uk") == "bbc.co.uk");
    CHECK(of("a.b.c.kobe.jp") == "b.c.kobe.jp");
    CHECK(of("www.city.kobe.jp") == "city.kobe.jp");
    CHECK(of("www.www.ck") == "www.ck");
    CHECK(of("a.b.test.ck") == "b.test.ck");
}

TEST_CASE("Private rules count: each user of a shared domain is a domain") {
    CHECK(of("x.alice.github.io") == "alice.github.io");
    CHECK(of("bob.github.io") == "bob.github.io");
}

TEST_CASE("A public suffix, a single label and the root stand for themselves") {
    CHECK(of("com") == "com");
    CHECK(of("co.uk") == "co.uk");
    CHECK(of("github.io") == "github.io");
    CHECK(of("localhost") == "localhost");
    CHECK(of("") == ".");
}

TEST_CASE("Without a rule the last label is the suffix") {
    CHECK(of("a.b.example.nosuchtld") == "example.nosuchtld");
    CHECK(of("db.prod.svc.cluster.local") == "cluster.local");
}

TEST_CASE("Reverse names fold to their tree") {
    CHECK(of("1.2.0.192.in-addr.arpa") == "in-addr.arpa");
    CHECK(of("in-addr.arpa") == "in-addr.arpa");
    CHECK(of("1.0.0.8.B.D.0.1.0.0.2.ip6.arpa") == "ip6.arpa");
    CHECK(of("x.notip6.arpa") != "ip6.arpa");
}

TEST_CASE("An IDN stays in its A-labels") {
    CHECK(of("WWW.XN--85x722f.xn--55qx5d.cn") == "xn--85x722f.xn--55qx5d.cn");
}

TEST_CASE("A dot inside a label is no structure") {
    RegistrableDomains domains;
    const std::vector<uint8_t> name = {3, 'a', '.', 'b', 3, 'c', 'o', 'm', 0};
    CHECK(domains.of(name) == "a\\.b.com");
    const std::vector<uint8_t> fake = {1, 'w', 1, 'x', 5, 'c', 'o', '.', 'u', 'k', 0};
    CHECK(domains.of(fake) == "x.co\\.uk");
}

TEST_CASE("Octets that a host name can't have are escaped and don't confuse the list") {
    RegistrableDomains domains;
    CHECK(domains.of(wire("a.\xff\n.com")) == "\\255\\010.com");
    CHECK(domains.of(wire("x.\xe5\x85\xac\xe5\x8f\xb8.cn")) ==
          "\\229\\133\\172\\229\\143\\184.cn");  // no A-label: no rule
}

TEST_CASE("Names that differ only in octets that the list can't have keep their own text") {
    RegistrableDomains domains;
    CHECK(domains.of(wire("a\x01.com")) == "a\\001.com");
    CHECK(domains.of(wire("a\x02.com")) == "a\\002.com");
}

TEST_CASE("Deep names have the domain of their tail") {
    std::string deep = "example.co.uk";
    for (int i = 0; i < 100; ++i) deep = "x." + deep;
    CHECK(of(deep) == "example.co.uk");
}

TEST_CASE("The share says how many labels are the domain, and whether the list knows its suffix") {
    RegistrableDomains domains;
    const auto share_of = [&](std::string_view dotted) {
        const std::vector<uint8_t> name = wire(dotted);
        const auto labels = split_labels(name);
        (void)domains.share(*labels);
        return domains.share(*labels);  // from the cache
    };
    CHECK(share_of("a.b.example.co.uk").labels == 3);
    CHECK(share_of("a.b.example.co.uk").has_known_suffix);
    CHECK(share_of("a.b.c.kobe.jp").labels == 4);  // the rule *.kobe.jp
    CHECK(share_of("a.b.c.kobe.jp").has_known_suffix);
    CHECK(share_of("x.alice.github.io").has_known_suffix);  // a private rule
    CHECK(share_of("com").labels == 1);
    CHECK(share_of("com").has_known_suffix);
    CHECK(share_of("db.prod.svc.cluster.nosuchtld").labels == 2);
    CHECK_FALSE(share_of("db.prod.svc.cluster.nosuchtld").has_known_suffix);
    CHECK_FALSE(share_of("localhost").has_known_suffix);
    CHECK(share_of("1.2.0.192.in-addr.arpa").has_known_suffix);
    CHECK(share_of("").labels == 0);
}

TEST_CASE("Incomplete names have no domain") {
    RegistrableDomains domains;
    CHECK(domains.of(std::vector<uint8_t>{}).empty());
    CHECK(domains.of(std::vector<uint8_t>{7, 'e', 'x'}).empty());
    CHECK(domains.of(std::vector<uint8_t>{0xc0, 0x0c}).empty());
}

TEST_CASE("The cache gives way without mixing names up") {
    RegistrableDomains domains;
    for (int round = 0; round < 2; ++round)
        for (int i = 0; i < 50'000; ++i) {  // three times its entries
            const std::string domain = "d" + std::to_string(i) + (i % 2 != 0 ? ".co.uk" : ".com");
            if (domains.of(wire("www." + domain)) != domain) FAIL_CHECK(domain);
        }
}
