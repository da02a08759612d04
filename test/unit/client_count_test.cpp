#include <catch2/catch.hpp>
#include <random>

#include "ebpf/dns_client.h"
#include "exporter/bpf/client_table.h"
#include "test/support/dual_settings.h"

using namespace dnsexp;
using namespace dnsexp::test;

namespace {

constexpr uint64_t ns_per_second = 1'000'000'000;
constexpr uint32_t limit = 100;

dns_address address(uint64_t n) {
    return {0, n << 32 | 0xffff0000};  // an IPv4 address as it is loaded
}

// One set, and the clock in seconds.
struct OneSet {
    dns_client_set set{};
    uint64_t second = 1000;

    uint32_t ask(const dns_address& client, uint32_t queries = 1, uint32_t role = DNS_ROLE_SERVER,
                 uint64_t tag = 0) {
        uint32_t result = DNS_CLIENT_COUNTED;
        for (uint32_t i = 0; i < queries; ++i)
            result = dns_client_count(&set, &client, dns_client_first(second, role), tag, limit);
        return result;
    }
    // What is counted of the client in this second.
    [[nodiscard]] uint32_t counted(const dns_address& client, uint32_t role = DNS_ROLE_SERVER) const {
        for (const dns_client& way : set.way)
            if (way.address.low == client.low && dns_client_role(way.latest) == role &&
                dns_client_second(way.latest) == second)
                return dns_client_queries(way.latest);
        return 0;
    }
    // The queries that are told of, of all clients, between the second before and this one.
    [[nodiscard]] std::vector<uint32_t> busy(ClientTable& table) const {
        std::vector<uint32_t> queries;
        for (const BusyClient& client : table.busy(dns_second_begin(second), limit))
            queries.push_back(client.queries);
        return queries;
    }
};

using Numbers = std::vector<uint32_t>;

}  // namespace

TEST_CASE("A second is one of the clock's to a millisecond, and begins where it is said to") {
    constexpr uint64_t year = 365 * 86'400;
    for (const uint64_t second :
         {uint64_t{0}, uint64_t{1}, uint64_t{59}, uint64_t{86'400}, year, 30 * year}) {
        CAPTURE(second);
        const uint64_t begin = dns_second_begin(second), next = dns_second_begin(second + 1);
        CHECK(dns_second_of(begin) == second);
        CHECK(dns_second_of(next - 1) == second);
        CHECK(dns_second_of(next) == second + 1);
        CHECK(next - begin >= ns_per_second - 1'100'000);
        CHECK(next - begin <= ns_per_second + 1'100'000);
        const auto drift = static_cast<double>(begin) - static_cast<double>(second) * 1e9;
        CHECK(std::abs(drift) <= static_cast<double>(second) * 1e9 * 1e-7 + 1.1e6);
    }
}

TEST_CASE("A client's queries are counted by the second and by role") {
    OneSet one;
    one.ask(address(1), 7);
    one.ask(address(1), 3, DNS_ROLE_CLIENT);
    one.ask(address(2), 5);
    CHECK(one.counted(address(1)) == 7);
    CHECK(one.counted(address(1), DNS_ROLE_CLIENT) == 3);
    CHECK(one.counted(address(2)) == 5);
    ++one.second;
    one.ask(address(1), 2);
    CHECK(one.counted(address(1)) == 2);
    CHECK(one.counted(address(2)) == 0);
}

TEST_CASE("A query of the second before, counted late, is counted and turns nothing back") {
    OneSet one;
    one.ask(address(1), 5);
    --one.second;
    one.ask(address(1), 1);
    ++one.second;
    CHECK(one.counted(address(1)) == 6);
}

TEST_CASE("Who is over the limit in a second is told of once, when it is over") {
    OneSet one;
    ClientTable table({&one.set, 1});
    one.ask(address(1), limit);
    one.ask(address(2), limit + 1);
    CHECK(one.busy(table).empty());  // the second is not over
    ++one.second;
    const std::vector<BusyClient> busy = table.busy(dns_second_begin(one.second), limit);
    REQUIRE(busy.size() == 1);
    CHECK(busy[0].address.low == address(2).low);
    CHECK(busy[0].role == DNS_ROLE_SERVER);
    CHECK(busy[0].queries == limit + 1);
    CHECK(busy[0].time_ns == dns_second_begin(one.second - 1));
    CHECK(one.busy(table).empty());
    one.second += 5;
    CHECK(one.busy(table).empty());
}

TEST_CASE("A reader that comes every second hears of every second over the limit") {
    OneSet one;
    ClientTable table({&one.set, 1});
    for (uint32_t queries = 200; queries < 210; ++queries) {
        one.ask(address(1), queries);
        ++one.second;
        CHECK(one.busy(table) == Numbers{queries});
    }
    one.ask(address(1), limit);
    ++one.second;
    CHECK(one.busy(table).empty());
}

TEST_CASE("A reader that comes late hears of the last two seconds over the limit") {
    OneSet one;
    ClientTable table({&one.set, 1});
    for (const uint32_t queries : {300, 301, 302, 5, 6}) {
        one.ask(address(1), queries);
        ++one.second;
    }
    CHECK(one.busy(table) == Numbers{302});
    for (const uint32_t queries : {300, 5, 302}) {
        one.ask(address(1), queries);
        ++one.second;
    }
    CHECK(one.busy(table) == Numbers{300, 302});
}

TEST_CASE("Without a limit nobody is told of, and what passed meanwhile is not told later") {
    OneSet one;
    ClientTable table({&one.set, 1});
    one.ask(address(1), limit + 1);
    ++one.second;
    CHECK(table.busy(dns_second_begin(one.second), 0).empty());
    CHECK(one.busy(table).empty());
}

TEST_CASE("In a full set who has not asked for the longest time gives way, then who asked least") {
    OneSet one;
    one.ask(address(1), 9);
    ++one.second;
    for (const uint64_t n : {2, 3, 4})
        CHECK(one.ask(address(n), static_cast<uint32_t>(n)) == DNS_CLIENT_COUNTED);
    CHECK(one.ask(address(5), 8) == DNS_CLIENT_COUNTED);  // in the place of 1, of the second before
    CHECK(one.ask(address(6)) == DNS_CLIENT_EVICTED);     // in the place of 2
    CHECK(one.counted(address(2)) == 0);
    for (const uint64_t n : {3, 4}) CHECK(one.counted(address(n)) == n);
    CHECK(one.counted(address(5)) == 8);
    CHECK(one.counted(address(6)) == 1);
}

TEST_CASE("Who is over the limit in this second or was in the last one does not give way") {
    OneSet one;
    ClientTable table({&one.set, 1});
    for (const uint64_t n : {1, 2}) one.ask(address(n), limit + 1);
    ++one.second;
    one.ask(address(1));  // over the limit a second ago, one query now
    for (const uint64_t n : {3, 4}) one.ask(address(n), limit + 1);
    CHECK(one.ask(address(5)) == DNS_CLIENT_NO_ROOM);  // 2 has not asked yet in this second
    CHECK(one.busy(table) == Numbers{limit + 1, limit + 1});
    ++one.second;
    CHECK(one.ask(address(5)) == DNS_CLIENT_COUNTED);  // in the place of 2
    CHECK(one.ask(address(6)) == DNS_CLIENT_COUNTED);  // in the place of 1
    CHECK(one.ask(address(7)) == DNS_CLIENT_EVICTED);
    CHECK(one.busy(table) == Numbers{limit + 1, limit + 1});
}

TEST_CASE("A client that asks ten times as often as it may is found in a flood of spoofed ones") {
    // Of 40,000 addresses that ask once each, with as many sets as the programs have: every set is full.
    std::mt19937_64 random(7);
    const dns_hash_keys keys = fixed_hash_keys();
    std::vector<dns_client_set> sets(DNS_CLIENT_SETS);
    ClientTable table(sets);
    const auto ask = [&](const dns_address& client, uint64_t second) {
        const uint64_t tag = dns_client_tag(&client, &keys);
        return dns_client_count(&sets[tag >> DNS_CLIENT_SET_SHIFT], &client,
                                dns_client_first(second, DNS_ROLE_SERVER), tag, limit);
    };
    for (uint64_t second = 1; second <= 20; ++second) {
        for (uint32_t i = 0; i < 40'000; ++i) {
            ask(address(random() & 0xffffffff), second);
            if (i % 40 == 0) ask(address(77), second);
        }
        const auto busy = table.busy(dns_second_begin(second + 1), limit);
        REQUIRE(busy.size() == 1);
        CHECK(busy[0].address.low == address(77).low);
        CHECK(busy[0].queries > 990);  // of 1,000: the first few may have given way
    }
}

TEST_CASE("Neighbouring addresses fill the sets as a random throw does") {
    // 2,048 balls into 1,024 urns: of Poisson(2), E[max(0, X - 4)] = 0.0751, so 77 find their urn full.
    const dns_hash_keys keys = fixed_hash_keys();
    for (const uint32_t step : {1, 256, 65'536}) {
        std::vector<uint32_t> sets(DNS_CLIENT_SETS);
        for (uint32_t n = 0; n < DNS_CLIENT_SETS * 2; ++n) {
            const dns_address client = address(__builtin_bswap32(0x0a000000 + n * step));
            ++sets[dns_client_tag(&client, &keys) >> DNS_CLIENT_SET_SHIFT];
        }
        uint32_t beyond = 0;
        for (const uint32_t clients : sets)
            beyond += clients > DNS_CLIENT_WAYS ? clients - DNS_CLIENT_WAYS : 0;
        CAPTURE(step);
        CHECK(beyond <= 120);
    }
}
