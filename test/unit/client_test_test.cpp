#include "exporter/security/client_test.h"

#include <catch2/catch.hpp>
#include <string>

#include "exporter/fold/hash.h"

using namespace dnsexp;

namespace {

constexpr uint64_t second = 1'000'000'000;
constexpr uint64_t begin = 3600 * second;

// Domains of one pattern, each of them new.
class Client {
  public:
    float ask(const std::string& domain, bool exists, uint64_t time_ns = begin) {
        return test.add(hash_mix(++asked_, 0x9e3779b97f4a7c15), traits_of(domain, 0, 0, 1), exists, time_ns);
    }
    void ask_many(size_t count, const std::string& domain, bool exists, uint64_t time_ns = begin) {
        for (size_t i = 0; i < count; ++i) ask(domain, exists, time_ns);
    }
    ClientTest test;

  private:
    uint64_t asked_ = 0;
};

}  // namespace

TEST_CASE("A run of domains that do not exist and look alike is found") {
    Client client;
    client.ask_many(300, "example.com", true);
    size_t needed = 0;
    while (!client.test.is_found() && needed < 45) {
        CHECK(client.ask("possibleshake.net", false) > 0);
        ++needed;
    }
    CHECK(client.test.is_found());
    CHECK(needed >= 5);
    CHECK(client.test.missing() == needed);
    CHECK(client.test.suspicion(begin) == 1.0F);
}

TEST_CASE("Domains that do not exist but look like the rest are never found, how many they may be") {
    static constexpr const char* domains[] = {"example.com", "one.org",    "wonderful.de",   "another.com",
                                              "shop4.com",   "a-site.net", "something.co.uk"};
    Client client;
    bool found = false;
    for (size_t i = 0; i < 20'000; ++i) {
        client.ask(domains[i % std::size(domains)], i % 3 != 0);
        found = found || client.test.is_found();
    }
    CHECK_FALSE(found);
}

TEST_CASE("One NXDOMAIN in twenty never counts for much") {
    Client client;
    float most = 0;
    for (size_t i = 1; i < 20'000; ++i) {
        client.ask(i % 2 ? "example.com" : "example.org", i % 20 != 0);
        most = std::max(most, client.test.suspicion(begin));
    }
    CHECK(most < 0.3F);
}

TEST_CASE("Evidence halves in half an hour") {
    Client client;
    client.ask_many(100, "example.com", true);
    client.ask_many(5, "possibleshake.net", false);
    const float now = client.test.suspicion(begin);
    REQUIRE(now > 0.2F);
    REQUIRE(now < 1);
    CHECK(client.test.suspicion(begin + 1800 * second) == Approx(now / 2));
    CHECK(client.test.suspicion(begin - second) == now);
    client.ask("example.com", true, begin + 7 * 1800 * second);
    CHECK(client.test.suspicion(begin + 7 * 1800 * second) < now / 100);
}

TEST_CASE("A domain that comes to exist takes its evidence back") {
    ClientTest test;
    const DomainTraits traits = traits_of("possibleshake.net", 0, 0, 1);
    CHECK(test.add(1, traits, false, begin) > 0);
    const float one = test.suspicion(begin);
    CHECK(test.add(1, traits, false, begin) == 0);
    CHECK(test.suspicion(begin) == one);
    CHECK(test.add(1, traits, true, begin) == 0);
    CHECK(test.suspicion(begin) < 0.005F);  // weights are kept in sixteenths
}

TEST_CASE("After a restart the evidence has to come again") {
    Client client;
    client.ask_many(40, "possibleshake.net", false);
    REQUIRE(client.test.is_found());
    client.test.restart();
    CHECK_FALSE(client.test.is_found());
    CHECK(client.test.suspicion(begin) == 0);
    CHECK(client.test.missing() == 0);
}

TEST_CASE("What came to exist makes nothing look alike") {
    const DomainTraits traits = traits_of("possibleshake.net", 0, 0, 1);
    ClientTest fresh, recovered;
    for (uint64_t i = 1; i <= 10; ++i) {
        const uint64_t hash = hash_mix(i, 0x9e3779b97f4a7c15);
        (void)recovered.add(hash, traits, false, begin);
        (void)recovered.add(hash, traits, true, begin);
    }
    CHECK(recovered.add(1, traits, false, begin) < fresh.add(1, traits, false, begin) + 0.01F);
}
