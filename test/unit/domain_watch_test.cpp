#include "exporter/security/domain_watch.h"

#include <catch2/catch.hpp>
#include <functional>
#include <memory>

#include "test/support/judged_queries.h"
#include "test/support/tunnel_names.h"

using namespace dnsexp;
using namespace dnsexp::testing;

namespace {

constexpr uint16_t type_aaaa_number = 28, txt = 16, cname = 5, mx = 15, srv = 33, null_number = 10, key = 25,
                   private_use = 65399, nxdomain = 3;
constexpr uint64_t begin_ns = 3600 * one_second;

struct Watched {
    JudgedQueries queries;
    std::unique_ptr<DomainWatch> watch = std::make_unique<DomainWatch>(SecurityConfig{});
    FindingShelf shelf;

    void ask(const Asked& asked) { watch->judge(queries.of(asked), shelf); }
    [[nodiscard]] size_t high_tunnels() const { return shelf.count(EventType::tunneling, Severity::high); }
    [[nodiscard]] size_t tunnels() const { return shelf.count(EventType::tunneling); }
};

// 200 queries, one in `pace_ns`.
void session(Watched& watched, uint16_t type, const std::function<std::string(int)>& name,
             uint64_t pace_ns = one_second, uint32_t client = 0x0a000001) {
    for (int i = 0; i < 200; ++i)
        watched.ask({.name = name(i),
                     .type = type,
                     .client = client,
                     .time_ns = begin_ns + static_cast<uint64_t>(i) * pace_ns,
                     .response_size = 120});
}

}  // namespace

TEST_CASE("Each kind of tunnel is a high finding of its client and domain within 200 queries") {
    TunnelNames names(1);
    const uint16_t type = GENERATE(uint16_t{null_number}, txt, cname, mx, srv, uint16_t{1}, private_use, key);
    INFO("type " << type);
    Watched data, polls;
    session(data, type, [&](int) { return names.iodine_data(base32_digits) + ".t1.example.net"; });
    REQUIRE(data.high_tunnels() == 1);
    CHECK(data.shelf.findings.back().domain == "example.net");
    CHECK(data.shelf.findings.back().client == ClientId{ipv4(0x0a000001), 0});
    CHECK(data.shelf.findings.back().score >= tunnel_high);
    // Idle from the beginning. By addresses, such short names are a CDN's as well as a tunnel's.
    session(
        polls, type, [&](int) { return names.iodine_ping() + ".t1.example.net"; }, 4 * one_second);
    CHECK(polls.high_tunnels() == (type == 1 ? 0 : 1));
}

TEST_CASE("Hexadecimal and base64 tunnels are found, idle or not") {
    TunnelNames names(2);
    for (const uint16_t type : {txt, cname, mx})
        for (const size_t octets : {17, 40, 90}) {
            Watched watched;
            session(watched, type, [&](int) { return names.dnscat2(octets) + ".cat.example.org"; });
            CHECK(watched.high_tunnels() == 1);
        }
    for (const uint16_t type : {txt, key})
        for (const size_t data : {0, 150}) {
            Watched watched;
            session(watched, type, [&](int) { return names.dns2tcp(data) + ".t2.example.org"; });
            CHECK(watched.high_tunnels() == 1);
        }
    Watched beacon;
    session(beacon, 1, [&](int i) {
        return "post.1" + names.text(48, hex_digits) + "." + std::to_string(i) + ".5d6e7f80.c2.example.org";
    });
    CHECK(beacon.high_tunnels() == 1);
}

TEST_CASE("A slow tunnel and one with mixed case are found") {
    TunnelNames names(3);
    Watched slow, mixed;
    session(
        slow, txt, [&](int) { return names.dnscat2(17) + ".example.org"; }, 5 * one_second);
    CHECK(slow.high_tunnels() == 1);
    session(mixed, null_number, [&](int) {
        std::string name = names.iodine_ping() + ".t1.example.net";
        for (char& c : name)
            if (names.below(2) == 0 && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
        return name;
    });
    CHECK(mixed.high_tunnels() == 1);
}

TEST_CASE("The same names again and again are no tunnel, in any case of letters") {
    Watched watched;
    session(watched, txt, [](int i) {
        return i % 2 == 0 ? "0a1b2c3d4e5f60718293a4b5.example.org" : "0A1B2C3D4E5F60718293A4B5.Example.ORG";
    });
    CHECK(watched.tunnels() == 0);
}

TEST_CASE("Several clients that share a tunnel's domain are one finding each") {
    TunnelNames names(4);
    Watched watched;
    for (int i = 0; i < 200; ++i)
        watched.ask({.name = names.dnscat2(40) + ".example.org",
                     .type = txt,
                     .client = 0x0a000001 + static_cast<uint32_t>(i % 4),
                     .time_ns = begin_ns + static_cast<uint64_t>(i) * one_second});
    CHECK(watched.high_tunnels() == 4);
}

TEST_CASE("One name that no host can have, long and random, is a medium finding at once") {
    Watched watched;
    watched.ask(
        {.name = "H4sIAB*3+1QAA9Tqk2dGv0dHh0BQvJyDxXAKJFheMU5LKVEoX0zKyVUmgA.5T2GhBBBB==-.example.org"});
    CHECK(watched.shelf.count(EventType::tunneling, Severity::medium) == 1);
    CHECK(watched.high_tunnels() == 0);
    Watched others;
    others.ask(
        {.name = "h4siab831qaa9tqk2dgv0dhh0bqvjydxxakjfhemu5lkveox0zkyvumga.example.org"});  // a host's
    others.ask({.name = "http://www.example.com/index+of=pictures.example.org"});            // a mistake
    others.ask({.name = "\\229\\133\\172\\229\\143\\184\\230\\150\\135.example.org"});       // text
    CHECK(others.tunnels() == 0);
}

TEST_CASE("CDNs under any domain are at most a low count of distinct names") {
    TunnelNames names(5);
    Watched watched;
    for (int i = 0; i < 20'000; ++i)
        watched.ask({.name = names.video_host() + ".video.example.org",
                     .type = i % 2 == 0 ? uint16_t{1} : type_aaaa_number,
                     .time_ns = begin_ns + static_cast<uint64_t>(i) * 10'000'000});
    CHECK(watched.tunnels() == 0);
    CHECK(watched.shelf.count(EventType::unique_subdomains) == 1);
    CHECK(watched.shelf.count(EventType::unique_subdomains, Severity::medium) == 0);
}

TEST_CASE("Telemetry, mail and look-ups are no tunnels") {
    TunnelNames names(6);
    Watched watched;
    for (int i = 0; i < 300; ++i) {
        const uint64_t now = begin_ns + static_cast<uint64_t>(i) * one_second;
        const std::string id = names.text(32, hex_digits), number = std::to_string(i);
        watched.ask({.name = id + ".telemetry.example.com", .time_ns = now});
        watched.ask({.name = id.substr(0, 8) + "-" + id.substr(8, 4) + "-4" + id.substr(13, 3) + "-a" +
                             id.substr(17, 3) + "-" + id.substr(20) + ".ids.example.net",
                     .time_ns = now});
        watched.ask(
            {.name = "dept" + number + ".example.edu", .type = i % 2 == 0 ? mx : txt, .time_ns = now});
        watched.ask({.name = "s" + number + "._domainkey.example.org", .type = txt, .time_ns = now});
        watched.ask({.name = id + ".hash.dnsbl.example.info", .type = txt, .time_ns = now});
    }
    CHECK(watched.tunnels() == 0);
    CHECK(watched.shelf.count(EventType::unique_subdomains, Severity::medium) == 0);
}

TEST_CASE("A random-subdomain attack is a high count of distinct names and no tunnel") {
    const bool one_client = GENERATE(true, false);
    INFO("one client: " << one_client);
    TunnelNames names(7);
    Watched watched;
    const uint16_t outcomes[] = {nxdomain, 2, DNS_OUTCOME_TIMEOUT};
    for (uint32_t i = 0; i < 50'000; ++i)  // a million a minute
        watched.ask({.name = names.text(8 + names.below(24), host_digits) + ".www.example.com",
                     .outcome = outcomes[i % 3],
                     .client = one_client ? 0x0a000001 : 0x0a000001 + i,
                     .time_ns = begin_ns + i * uint64_t{60'000}});
    CHECK(watched.tunnels() == 0);
    CHECK(watched.shelf.count(EventType::unique_subdomains, Severity::high) == 1);
    CHECK(watched.shelf.findings.size() <= 4);
    const Finding& last = watched.shelf.findings.back();
    CHECK(last.domain == "example.com");
    CHECK((last.client == ClientId{}) == !one_client);
}

TEST_CASE("Names that a search list appends fail without being an attack") {
    TunnelNames names(8);
    Watched watched;
    for (uint32_t i = 0; i < 3000; ++i)
        watched.ask({.name = "www." + names.text(9, base32_digits) + ".com.corp.example.com",
                     .outcome = nxdomain,
                     .time_ns = begin_ns + i * uint64_t{10'000'000}});
    CHECK(watched.shelf.count(EventType::unique_subdomains, Severity::medium) == 0);
}

TEST_CASE("A flood of domains with a query each neither makes findings nor pushes a slow tunnel out") {
    TunnelNames names(9);
    Watched watched;
    uint64_t now = begin_ns;
    const size_t memory = watched.watch->memory();
    for (int query = 0; query < 30; ++query) {
        watched.ask({.name = names.dnscat2(17) + ".cat.example.org", .type = txt, .time_ns = now});
        for (uint32_t i = 0; i < 5000; ++i)  // more than the table holds, between two queries of the tunnel
            watched.ask({.name = "www." + names.text(14, host_digits) + ".com",
                         .outcome = nxdomain,
                         .client = static_cast<uint32_t>(names.below(1U << 31)),
                         .time_ns = now + i * uint64_t{60'000}});
        now += 5 * one_second;
    }
    CHECK(watched.high_tunnels() == 1);
    CHECK(watched.shelf.findings.size() <= 2);
    CHECK(watched.watch->memory() == memory);
    CHECK(memory < 2'000'000);
}

TEST_CASE("A tunnel is remembered for half an hour, and forgotten after two of them") {
    TunnelNames names(10);
    const auto last_score = [&](uint64_t pause_ns) {
        Watched watched;
        for (int i = 0; i < 30; ++i)
            watched.ask({.name = names.dnscat2(17) + ".example.org", .type = txt, .time_ns = begin_ns});
        watched.shelf.findings.clear();
        watched.ask(
            {.name = names.dnscat2(17) + ".example.org", .type = txt, .time_ns = begin_ns + pause_ns});
        return watched.high_tunnels();
    };
    CHECK(last_score(1799 * one_second) == 1);
    CHECK(last_score(3599 * one_second) == 1);
    CHECK(last_score(3601 * one_second) == 0);
}

TEST_CASE("Many tunnels of one query each are few findings") {
    TunnelNames names(11);
    Watched watched;
    for (uint32_t i = 0; i < 2000; ++i)
        watched.ask({.name = names.text(55, base64_digits) + "+/." + names.text(12, host_digits) + ".com",
                     .time_ns = begin_ns + i});
    CHECK(watched.tunnels() == FindingBudget::per_minute + 1);
}

TEST_CASE("Queries out of order and of the root do no harm") {
    TunnelNames names(12);
    Watched watched;
    watched.ask({.name = "", .type = null_number});
    watched.ask({.name = "com", .type = null_number, .time_ns = 1});
    for (uint64_t i = 0; i < 200; ++i)
        watched.ask({.name = names.dnscat2(17) + ".example.org",
                     .type = txt,
                     .time_ns = begin_ns + (i % 2 == 0 ? i : 200 - i) * one_second});
    CHECK(watched.high_tunnels() == 1);
}
