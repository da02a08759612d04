#include "exporter/metrics/address_prefix.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace dnsexp {
namespace {

constexpr uint32_t ipv4_offset = 96;  // bits of ::ffff:0:0/96
constexpr uint32_t all_bits = 128;

}  // namespace

AddressPrefix cut_to(AddressPrefix prefix, uint32_t length) {
    for (uint32_t i = 0; i < prefix.octets.size(); ++i) {
        const uint32_t kept = std::clamp<uint32_t>(length, 8 * i, 8 * i + 8) - 8 * i;
        prefix.octets[i] = static_cast<uint8_t>(prefix.octets[i] & (0xff00U >> kept));
    }
    prefix.length = length;
    return prefix;
}

std::optional<AddressPrefix> parse_prefix(std::string_view text) {
    const size_t slash = text.find('/');
    const std::string address(text.substr(0, slash));
    AddressPrefix prefix;
    uint32_t offset = 0;
    if (inet_pton(AF_INET, address.c_str(), &prefix.octets[12]) == 1) {
        prefix.octets[10] = prefix.octets[11] = 0xff;
        offset = ipv4_offset;
    } else if (inet_pton(AF_INET6, address.c_str(), prefix.octets.data()) != 1) {
        return std::nullopt;
    }
    if (address.find('\0') != std::string::npos) return std::nullopt;
    uint32_t length = all_bits - offset;
    if (slash != std::string_view::npos) {
        const std::string_view digits = text.substr(slash + 1);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
        if (error != std::errc() || end != digits.data() + digits.size() || length > all_bits - offset)
            return std::nullopt;
    }
    return cut_to(prefix, length + offset);
}

}  // namespace dnsexp
