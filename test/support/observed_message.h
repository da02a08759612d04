// One DNS message, or one packet that is none, as the HostSource saw it: for tests that look at each of them.
#pragma once

#include <cstdint>
#include <vector>

#include "ebpf/dns_abi.h"

namespace dnsexp::test {

// Numbers in host byte order. Where the reason is not DNS_OK, what lies behind the place that could not be
// read is 0 or empty.
struct ObservedMessage {
    uint64_t frame = 0;    // number in the capture of the packet that completed it, from 1
    uint64_t time_ns = 0;  // of that packet
    dns_address source{}, destination{};
    uint16_t source_port = 0, destination_port = 0;
    uint32_t protocol = DNS_PROTO_UNKNOWN;  // enum dns_protocol
    uint32_t ip = DNS_IPV4;                 // enum dns_ip
    uint32_t reason = DNS_OK;               // enum dns_reason
    uint32_t length = 0;                    // octets of the message, without TCP's length prefix
    uint32_t id = 0, flags = 0;             // flags: the second 16 bits of the header
    uint32_t question_count = 0, answer_count = 0;
    std::vector<uint8_t> name;  // of the first question as on the wire, root included; empty without one
    uint32_t type = 0, class_ = 0;
};

}  // namespace dnsexp::test
