// The names in a response that tell where a resolution goes on: targets of CNAME records in the answer
// section, name servers in the authority section of a referral. The octets are hostile, and may end before
// the message does.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace dnsexp {

struct ResponseNames {
    std::vector<std::string> aliases;
    std::vector<std::string> name_servers;
};

// Octets of all names of one response that are kept; more are left out.
inline constexpr size_t response_names_octets = 512;

// Names are uncompressed wire format (RFC 1035, 3.1) in lower case. `message` begins with the DNS header.
// Reads as far as it can. Pure, thread-safe.
ResponseNames response_names(std::span<const uint8_t> message);

// The name at `at`, decompressed (RFC 1035, 4.1.4), and where what follows it begins; an empty name where the
// octets end, a pointer leads forward, or the name is longer than 255 octets.
struct WireNameAt {
    std::string name;
    size_t next = 0;
};
WireNameAt wire_name_at(std::span<const uint8_t> message, size_t at);

}  // namespace dnsexp
