#include "exporter/net/network_reader.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>

using namespace dnsexp;

namespace {

bool is_own(const NetworkState& state, const uint8_t (&octets)[16]) {
    return std::any_of(state.own_addresses.begin(), state.own_addresses.end(),
                       [&](const dns_address& own) { return std::memcmp(&own, octets, sizeof octets) == 0; });
}

}  // namespace

TEST_CASE("The reader lists the same interfaces as if_nameindex") {
    const auto state = read_network_state();
    REQUIRE(state);
    std::vector<std::pair<uint32_t, std::string>> expected, seen;
    struct if_nameindex* names = if_nameindex();
    REQUIRE(names != nullptr);
    for (auto* one = names; one->if_index != 0; ++one) expected.emplace_back(one->if_index, one->if_name);
    if_freenameindex(names);
    std::sort(expected.begin(), expected.end());
    for (const Link& link : state.value().links) seen.emplace_back(link.index, link.name);
    CHECK(seen == expected);
}

TEST_CASE("The reader lists the same addresses and flags as getifaddrs") {
    const auto state = read_network_state();
    REQUIRE(state);
    ifaddrs* first = nullptr;
    REQUIRE(getifaddrs(&first) == 0);
    for (ifaddrs* one = first; one != nullptr; one = one->ifa_next) {
        INFO(one->ifa_name);
        const auto& links = state.value().links;
        const auto link = std::find_if(links.begin(), links.end(), [&](const Link& candidate) {
            return candidate.name == one->ifa_name;
        });
        REQUIRE(link != links.end());
        CHECK(link->up == ((one->ifa_flags & IFF_UP) != 0));
        CHECK(link->loopback == ((one->ifa_flags & IFF_LOOPBACK) != 0));
        if (one->ifa_addr == nullptr) continue;
        uint8_t octets[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
        if (one->ifa_addr->sa_family == AF_INET) {
            std::memcpy(octets + 12, &reinterpret_cast<sockaddr_in*>(one->ifa_addr)->sin_addr, 4);
            CHECK(is_own(state.value(), octets));
        } else if (one->ifa_addr->sa_family == AF_INET6) {
            std::memcpy(octets, &reinterpret_cast<sockaddr_in6*>(one->ifa_addr)->sin6_addr, 16);
            CHECK(is_own(state.value(), octets));
        }
    }
    freeifaddrs(first);
}
