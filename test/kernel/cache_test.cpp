// Hits and misses of a resolver's cache, and referrals, as sockets show them.
#include <catch2/catch.hpp>
#include <string>

#include "test/kernel/resolving.h"

using namespace dnsexp;
using namespace dnsexp::test;

namespace {

using Counts = Resolving::Counts;
constexpr const char* www = "www.example.test";
constexpr uint16_t type_aaaa = 28;

// A record for the question's name.
Bytes record(uint16_t type, const Bytes& data) {
    Bytes octets = {0xc0, 12};
    append_be16(octets, type);
    append(octets, {0, 1, 0, 0, 0, 60});
    append_be16(octets, static_cast<uint32_t>(data.size()));
    append(octets, data);
    return octets;
}

Dns with_alias(uint16_t id, const std::string& target) {
    return Dns().id(id).flags(qr | rd | ra).question(www, 1).raw(record(5, wire_name(target))).answers(1);
}

// A response with one record in its authority section, and an OPT record. Their counts are the header's last
// words.
Bytes with_authority(uint16_t id, uint32_t flags, uint16_t type, const Bytes& data) {
    const Bytes opt = {0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0};
    Bytes octets = Dns().id(id).flags(flags).question(www, 1).raw(record(type, data)).raw(opt).build();
    octets[9] = octets[11] = 1;
    return octets;
}

}  // namespace

TEST_CASE("What a resolver answers at once is a hit", "[attach]") {
    Resolving host(GENERATE(from_range(variants())));
    host.ask(1);
    CHECK(host.counts() == Counts{0, 0});
    host.answer(response(1, www));
    CHECK(host.counts() == Counts{1, 0});
}

TEST_CASE("What a resolver got an answer for since the query came is a miss, whatever the case of letters",
          "[attach]") {
    Resolving host(GENERATE(from_range(variants())));
    host.ask(1);
    host.fetch(9, "wWw.EXAMPLE.tEsT");
    host.fetched(9, "wWw.EXAMPLE.tEsT");
    host.answer(response(1, www));
    CHECK(host.counts() == Counts{0, 1});
    host.ask(2);
    host.answer(response(2, www));
    CHECK(host.counts() == Counts{1, 1});
}

TEST_CASE("All queries that wait for one fetch are misses, and the next one is a hit", "[attach]") {
    Resolving host(GENERATE(from_range(variants())));
    host.ask(1);
    host.fetch(9);
    host.ask(2);
    host.fetched(9);
    host.answer(response(1, www));
    host.answer(response(2, www));
    CHECK(host.counts() == Counts{0, 2});
    host.ask(3);
    host.answer(response(3, www));
    CHECK(host.counts() == Counts{1, 2});
}

TEST_CASE("What a resolver fetches meanwhile of another type, name or for itself makes no miss", "[attach]") {
    Resolving host(GENERATE(from_range(variants())));
    host.fetch(8);
    host.fetched(8);  // before the query comes
    host.ask(1);
    host.fetch(9, www, type_aaaa);
    host.fetched(9, www, type_aaaa);
    host.fetch(10, "mail.example.test");
    host.fetched(10, "mail.example.test");
    host.fetch(11);  // and this has no answer yet
    host.answer(response(1, www));
    CHECK(host.counts() == Counts{1, 0});
}

TEST_CASE("An answer whose CNAME record leads to what was fetched meanwhile is a miss", "[attach]") {
    Resolving host(GENERATE(from_range(variants())));
    host.ask(1);
    host.fetch(9, "web.cdn.test");
    host.fetched(9, "web.cdn.test");
    host.answer(with_alias(1, "WEB.cdn.test"));
    CHECK(host.counts() == Counts{0, 1});
    host.ask(2);
    host.fetch(10, "web.cdn.test", type_aaaa);
    host.fetched(10, "web.cdn.test", type_aaaa);
    host.answer(with_alias(2, "web.cdn.test"));
    CHECK(host.counts() == Counts{1, 1});
}

TEST_CASE("A server that does not offer recursion has neither hits nor misses", "[attach]") {
    Resolving host(GENERATE(from_range(variants())));
    host.ask(1);
    host.fetch(9);
    host.fetched(9);
    host.answer(Dns().id(1).flags(qr | rd | aa).question(www, 1).answer_a({192, 0, 2, 7}));
    host.ask(2);
    host.answer(Dns().id(2).flags(qr | rd | ra).raw({}));  // RA, but no question
    CHECK(host.counts() == Counts{0, 0});
}

TEST_CASE("A failure after having asked in vain is a miss, one at once a hit", "[attach]") {
    Resolving host(GENERATE(from_range(variants())));
    host.ask(1);
    host.answer(servfail(1));
    CHECK(host.counts() == Counts{1, 0});
    host.ask(2);
    host.fetch(9);
    host.answer(servfail(2));
    CHECK(host.counts() == Counts{1, 1});
    host.ask(3);
    host.fetch(10);
    host.answer(response(3, www));  // stale, from the cache (RFC 8767)
    CHECK(host.counts() == Counts{2, 1});
}

TEST_CASE("A hit's latency is in its bucket; a miss has none there", "[attach]") {
    Config config = Resolving::with_sockets();
    config.metrics.latency_buckets_seconds = {0.000000001, 1};
    Resolving host(variants().front(), config);
    host.ask(1);
    host.answer(response(1, www));
    host.ask(2);
    host.fetch(9);
    host.fetched(9);
    host.answer(response(2, www));
    const dns_stats stats = host.stats();
    CHECK(stats.hit_latency[0] == 0);
    CHECK(stats.hit_latency[1] == 1);
    CHECK(stats.hit_latency_sum_ns > 0);
    CHECK(stats.hit_latency_sum_ns < 1'000'000'000);
}

TEST_CASE("Hits and misses are told of queries over TCP, too", "[attach]") {
    Resolving host(GENERATE(from_range(variants())));
    const Socket listener = Socket::bound("resolver", local(53), SOCK_STREAM);
    Socket client = Socket::connected("client", local(53), SOCK_STREAM);
    Socket accepted = listener.accept();
    for (uint16_t id = 1; id <= 2; ++id) {
        client.send(query(id, www).build_tcp());
        accepted.receive();
        if (id == 1) {
            host.fetch(9);
            host.fetched(9);
        }
        accepted.send(response(id, www).build_tcp());
        client.receive();
    }
    CHECK(host.counts() == Counts{1, 1});
}

TEST_CASE("A resolver that fetches over TCP misses as well", "[attach]") {
    Resolving host(GENERATE(from_range(variants())));
    const Socket listener = Socket::bound("server", local(54), SOCK_STREAM);
    Socket out = Socket::connected("resolver", local(54), SOCK_STREAM);
    Socket accepted = listener.accept();
    host.ask(1);
    out.send(Dns().id(9).question(www, 1).build_tcp());
    accepted.receive();
    accepted.send(Dns().id(9).flags(qr | aa).question(www, 1).answer_a({192, 0, 2, 7}).build_tcp());
    out.receive();
    host.answer(response(1, www));
    CHECK(host.counts() == Counts{0, 1});
}

TEST_CASE("An answer that only names the servers to ask next is a referral", "[attach]") {
    Resolving host(GENERATE(from_range(variants())));
    constexpr uint16_t type_ns = 2, type_soa = 6;
    uint16_t id = 1;
    const auto referrals = [&](uint32_t flags, uint16_t type) {
        const uint64_t before = host.stats().referrals;
        host.ask(++id);
        host.resolver().send_to(host.resolver().peer(),
                                with_authority(id, flags, type, wire_name("ns1.example.test")));
        host.client().receive();
        return host.stats().referrals - before;
    };
    CHECK(referrals(qr | rd, type_ns) == 1);
    CHECK(referrals(qr | rd | aa, type_ns) == 0);  // NODATA, authoritative
    CHECK(referrals(qr | rd, type_soa) == 0);      // NODATA (RFC 2308, 2.2)
    CHECK(referrals(qr | rd | 3, type_ns) == 0);   // NXDOMAIN
    host.ask(++id);
    host.answer(response(id, www));
    CHECK(host.stats().referrals == 1);
}

TEST_CASE("With more fetches than are kept each answer is still a hit or a miss", "[attach]") {
    Resolving host(variants().front());
    // A fetch is two words, of the query and of its answer.
    const auto rounds = static_cast<uint32_t>(DNS_FETCH_SETS * DNS_FETCH_WAYS * 3 / 4);
    for (uint32_t i = 0; i < rounds; ++i) {
        const auto id = static_cast<uint16_t>(i);
        const std::string name = "n" + std::to_string(i) + ".example.test";
        host.ask(id, name);
        host.fetch(id, name);
        host.fetched(id, name);
        host.answer(response(id, name));
    }
    CHECK(host.counts() == Counts{0, rounds});
    host.ask(7);
    host.answer(response(7, www));
    CHECK(host.counts() == Counts{1, rounds});
    CHECK(host.stats().fetches_evicted > 0);
}

TEST_CASE("Of thousands of fetches at a time no more answers are taken for hits than words were lost",
          "[attach]") {
    Resolving host(variants().front());
    constexpr uint16_t waiting = 4000;
    const auto name = [](uint16_t i) { return "n" + std::to_string(i) + ".example.test"; };
    for (uint16_t i = 0; i < waiting; ++i) {
        host.ask(i, name(i));
        host.fetch(i, name(i));
        host.fetched(i, name(i));
    }
    for (uint16_t i = 0; i < waiting; ++i) host.answer(response(i, name(i)));
    const dns_stats stats = host.stats();
    CHECK(stats.cache_hits + stats.cache_misses == waiting);
    CHECK(stats.cache_hits <= stats.fetches_evicted);
    // 8,000 words in 4,096 sets of seven: eight or more of them meet in one with probability 0.001
    // (Poisson, 1.95), so some five are lost.
    CHECK(stats.fetches_evicted < 40);
}

TEST_CASE("An NXDOMAIN that came for a name above is a miss: nothing is below it (RFC 8020)", "[attach]") {
    Resolving host(GENERATE(from_range(variants())));
    constexpr const char* deep = "a.b.c.example.test";
    constexpr uint16_t type_ns = 2;
    const auto denied = [](uint16_t id, const std::string& name, uint32_t flags) {
        return Dns().id(id).flags(qr | flags | 3).question(name, 1);
    };
    host.ask(1, deep);
    host.fetch(9, "c.EXAMPLE.test", type_ns);
    host.fetched(Dns().id(9).flags(qr | aa | 3).question("c.EXAMPLE.test", type_ns));
    host.answer(denied(1, deep, rd | ra));
    CHECK(host.counts() == Counts{0, 1});
    host.ask(2, deep);  // known by now
    host.answer(denied(2, deep, rd | ra));
    CHECK(host.counts() == Counts{1, 1});
    host.ask(3, deep);  // a name beside those above
    host.fetch(10, "x.c.example.test");
    host.fetched(denied(10, "x.c.example.test", aa));
    host.answer(denied(3, deep, rd | ra));
    CHECK(host.counts() == Counts{2, 1});
    host.ask(4, deep);  // one above that exists
    host.fetch(11, "example.test");
    host.fetched(11, "example.test");
    host.answer(denied(4, deep, rd | ra));
    CHECK(host.counts() == Counts{3, 1});
    host.ask(5, deep);  // and an answer that is another
    host.fetch(12, "b.c.example.test");
    host.fetched(denied(12, "b.c.example.test", aa));
    host.answer(response(5, deep));
    CHECK(host.counts() == Counts{4, 1});
}
