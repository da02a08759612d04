// Numbers and wire bytes -> the text of labels. Everything returned is printable ASCII. Pure, thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "ebpf/dns_abi.h"
#include "ebpf/dns_classify.h"

namespace dnsexp {

// Label value of everything that has no series of its own.
inline constexpr std::string_view other_label = "other";

// Presentation format (RFC 1035, 5.1; RFC 4343, 2.1) of an uncompressed wire name: lower case, `\X` for the
// special characters of master files, `\DDD` for octets outside 0x21..0x7e; no trailing dot, but "." for the
// root. Empty where the bytes are no complete name (see split_labels).
std::string presentation_name(std::span<const uint8_t> wire_name);

// Appends one label to a presentation name.
void append_label(std::string& text, std::span<const uint8_t> label);

// Text of the system's (interface names): `\\` and, for octets outside 0x20..0x7e, `\DDD`.
std::string printable_text(std::string_view text);

// Mnemonic of the IANA registry "Resource Record (RR) TYPEs", ANY for 255, TYPE<n> (RFC 3597, 5) for the
// rest.
std::string type_name(uint16_t type);

// Mnemonic of the IANA registry "DNS RCODEs", TIMEOUT and UNTRACKED, `other` for DNS_OUTCOME_OTHER, RCODE<n>
// for the rest, of which the kernel side lets only a few through (limits.h).
std::string outcome_name(uint16_t outcome);

// Mnemonic of the IANA registry "DNS OpCodes", OPCODE<n> for the rest.
std::string opcode_name(uint8_t opcode);

// Dotted IPv4 for ::ffff:a.b.c.d, else IPv6 as RFC 5952 has it.
std::string address_text(const dns_address& address);

// Label text of the ABI's closed sets; "unknown" for a number outside them.
std::string_view role_name(uint32_t role);
std::string_view transport_name(uint32_t transport);
std::string_view protocol_name(uint32_t protocol);
std::string_view direction_name(uint32_t direction);
std::string_view kind_name(uint32_t kind);
std::string_view ip_version_name(uint32_t ip);
std::string_view reason_name(uint32_t reason);  // DNS_OK is "message"
std::string_view flag_name(uint32_t flag);
std::string_view edns_result_name(uint32_t result);
std::string_view latency_type_name(uint32_t latency_type);

}  // namespace dnsexp
