// Addresses as lists write them.
#pragma once

#include <string_view>

namespace dnsexp {

// IPv4 in dotted decimals or IPv6 (RFC 4291, 2.2), without a zone or a length of prefix.
bool is_address(std::string_view text);

// An address that leads nowhere, as lists give it to names that are blocked: 0.0.0.0/8, 127.0.0.0/8, ::, ::1.
bool is_null_address(std::string_view text);

}  // namespace dnsexp
