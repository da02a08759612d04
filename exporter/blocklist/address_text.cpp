#include "exporter/blocklist/address_text.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace dnsexp {
namespace {

using Octets = std::array<uint8_t, 16>;

enum class Family { none, ipv4, ipv6 };

Family read_address(std::string_view text, Octets& octets) {
    std::array<char, INET6_ADDRSTRLEN> ended{};  // inet_pton(3) takes a string that a zero ends
    if (text.empty() || text.size() >= ended.size() || text.find('\0') != std::string_view::npos)
        return Family::none;
    std::ranges::copy(text, ended.begin());
    if (inet_pton(AF_INET, ended.data(), octets.data()) == 1) return Family::ipv4;
    return inet_pton(AF_INET6, ended.data(), octets.data()) == 1 ? Family::ipv6 : Family::none;
}

}  // namespace

bool is_address(std::string_view text) {
    Octets octets;
    return read_address(text, octets) != Family::none;
}

bool is_null_address(std::string_view text) {
    Octets octets;
    const Family family = read_address(text, octets);
    if (family == Family::ipv4) return octets[0] == 0 || octets[0] == 127;
    if (family == Family::none) return false;
    return std::all_of(octets.begin(), octets.end() - 1, [](uint8_t octet) { return octet == 0; }) &&
           octets[15] <= 1;
}

}  // namespace dnsexp
