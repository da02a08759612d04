#include "exporter/security/known_shapes.h"

#include <catch2/catch.hpp>

#include "test/support/judged_queries.h"
#include "test/support/tunnel_names.h"

using namespace dnsexp;
using namespace dnsexp::testing;

namespace {

bool quiet(const std::string& name, uint16_t type = 1, const SecurityConfig& config = {}) {
    JudgedQueries queries;
    return KnownShapes(config).is_quiet(queries.of({.name = name, .type = type}));
}

constexpr uint16_t txt = 16, null_type = 10, ptr = 12, srv = 33;
const std::string sha1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
const std::string sha256_base32 = "4oymiquy7qobjgx36tejs35zeqt24qpemsnzgtfeswmrw6csxbkq";

}  // namespace

TEST_CASE("Ordinary names are judged") {
    CHECK_FALSE(quiet("www.example.com"));
    CHECK_FALSE(quiet("a.b.c.d.example.com", txt));
    CHECK_FALSE(quiet("example.com", txt));
    CHECK_FALSE(quiet(""));
}

TEST_CASE("Allowed domains are quiet with all below them, whatever is asked") {
    SecurityConfig config;
    config.allowed_domains = {"example.com", "sub.example.net"};
    CHECK(quiet("example.com", null_type, config));
    CHECK(quiet("a.b.Example.COM", 1, config));
    CHECK(quiet("x.sub.example.net", 1, config));
    CHECK_FALSE(quiet("example.net", 1, config));
    CHECK_FALSE(quiet("notexample.com", 1, config));
    CHECK_FALSE(quiet("x\\046example.com", 1, config));  // a dot inside the label `x.example`
}

TEST_CASE("Reverse trees are quiet unless a label is long") {
    CHECK(quiet("4.3.2.1.in-addr.arpa", ptr));
    CHECK(quiet("lb._dns-sd._udp.0.0.0.10.in-addr.arpa", ptr));
    CHECK(quiet("1.0.0.8.b.d.0.1.0.0.2.ip6.arpa", ptr));
    CHECK(quiet("5.0-127.2.0.192.in-addr.arpa", ptr));  // RFC 2317
    CHECK_FALSE(quiet("abcdefghijklmnopqrstuvwxyz.2.0.192.in-addr.arpa", ptr));
    CHECK_FALSE(quiet("4.3.2.1.in-addr.arpa", null_type));
}

TEST_CASE("Look-ups of addresses in block lists are quiet below any zone") {
    CHECK(quiet("2.0.0.127.dnsbl.example.org"));
    CHECK(quiet("2.0.0.127.dnsbl.example.org", txt));
    CHECK(quiet(
        "b.a.9.8.7.6.5.4.3.2.1.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.dnsbl.example.org"));  // RFC 5782
    CHECK_FALSE(quiet("0.0.127.dnsbl.example.org"));
    CHECK_FALSE(quiet("2.0.0.1270.dnsbl.example.org"));
    CHECK_FALSE(quiet("2.0.0.127.dnsbl.example.org", null_type));
}

TEST_CASE("Look-ups of digests are quiet below a zone that says so") {
    CHECK(quiet(sha1 + ".malware.hash.example.org"));
    CHECK(quiet("d41d8cd98f00b204e9800998ecf8427e.hash.example.org", txt));
    CHECK(quiet(sha256_base32 + "._file.key.hbl.example.org"));
    CHECK_FALSE(quiet(sha1 + ".example.org"));
    CHECK_FALSE(quiet(sha1 + ".data.example.org"));
    CHECK_FALSE(quiet(sha1.substr(1) + ".hash.example.org"));
    CHECK_FALSE(quiet(sha1 + "." + sha1 + ".example.org"));
}

TEST_CASE("Services that encode in their own way are known by their domain") {
    CHECK(quiet("4.0.0.z-0.19-23af.sophosxl.net", txt));
    CHECK(quiet("0.0.0.0.1.0.0.4e.135jg5e1pd7s4735ftrqweufm5.avqs.mcafee.com"));
    const std::string encoded(60, 'a');
    CHECK(quiet(encoded + ".l5.e5.sk"));
    CHECK(quiet("r5---sn-4g5ednse.googlevideo.com"));
    CHECK_FALSE(quiet("r5---sn-4g5ednse.googlevideo.com.example.org"));
    CHECK_FALSE(quiet("x.googlevideo.com", null_type));
}

TEST_CASE("Service names are quiet as long as they are no vehicle") {
    for (const char* name : {"_dmarc.example.com", "selector1._domainkey.example.com",
                             "_acme-challenge.www.example.com", "_443._tcp.mail.example.com",
                             "_ldap._tcp.dc._msdcs.corp.example.com", "printer._ipp._tcp.example.com"})
        CHECK(quiet(name, txt));
    CHECK(quiet("_xmpp-server._tcp.example.com", srv));
    CHECK(quiet("abcdefghijklmnopqrstuvwxyz234567._domainkey.example.com", txt));  // of a mail service
    const std::string data(60, 'x');
    CHECK_FALSE(quiet(data + "._domainkey.example.com", txt));
    CHECK_FALSE(quiet("_abcdefghijklmnopqrstuvwxyz.example.com", txt));
    CHECK_FALSE(quiet("_a._b._c._d.example.com", txt));
    CHECK_FALSE(quiet("_a+b.example.com", txt));
    CHECK_FALSE(quiet("_dmarc.example.com", null_type));
}

TEST_CASE("Names of a cluster's services are quiet, with what search lists make of them") {
    CHECK(quiet("kubernetes.default.svc.cluster.local"));
    CHECK(quiet("api.example.com.default.svc.cluster.local"));
    CHECK(quiet("10-0-0-7.default.pod.cluster.local"));
    CHECK(quiet("web.team.svc.prod.nosuchtld"));
    CHECK_FALSE(quiet("web.team.svc.example.com"));  // somebody's on the Internet
}

TEST_CASE("A search list's attempt has a top-level domain before the end") {
    JudgedQueries queries;
    CHECK(is_search_attempt(queries.of({.name = "www.example.com.corp.example.net"})));
    CHECK(is_search_attempt(queries.of({.name = "www.EXAMPLE.Org.example.net"})));
    CHECK_FALSE(is_search_attempt(queries.of({.name = "www.corp.example.net"})));
    CHECK_FALSE(is_search_attempt(queries.of({.name = "com.example.net"})));
    CHECK_FALSE(is_search_attempt(queries.of({.name = "example.com"})));
}
