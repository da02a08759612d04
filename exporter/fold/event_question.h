// The question of the message that an event carries. The bytes are hostile.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "ebpf/dns_abi.h"

namespace dnsexp {

// What follows the DNS header: name, QTYPE, QCLASS (RFC 1035, 4.1.2). Empty where the event has no question.
// A view of the event's own octets.
inline std::span<const uint8_t> event_question(const dns_event& event) {
    const size_t length = std::min<size_t>(event.message_length, sizeof event.message);
    if (length <= DNS_HEADER_LENGTH) return {};
    return std::span(event.message, length).subspan(DNS_HEADER_LENGTH);
}

}  // namespace dnsexp
