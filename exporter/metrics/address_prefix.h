// Addresses and CIDR prefixes of both families, to be compared with each other.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

namespace dnsexp {

// The bits behind the length are 0. IPv4 is held as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2), its length by 96
// longer.
struct AddressPrefix {
    uint32_t length = 0;  // 0..128
    std::array<uint8_t, 16> octets{};

    auto operator<=>(const AddressPrefix&) const = default;
};

// "192.0.2.1", "192.0.2.0/24", "2001:db8::/32"; bits behind the length are cleared. Nothing where it is no
// such text. Pure, thread-safe.
std::optional<AddressPrefix> parse_prefix(std::string_view text);

// The same address cut to a length that is at most its own.
AddressPrefix cut_to(AddressPrefix prefix, uint32_t length);

}  // namespace dnsexp
