// Walks a message's records to its OPT record as ebpf/edns.bpf.h does, with octets in memory instead of a
// packet.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "ebpf/dns_edns.h"
#include "ebpf/dns_message.h"

namespace dnsexp::test {

struct EdnsRead {
    uint32_t result = DNS_EDNS_ABSENT;  // enum dns_edns_result
    dns_edns walk{};
};

// `octets` hold the records at `records`; the message ends at `end` and, as far as it is there, at `present`:
// offsets that wrap around 2^32 like the hooks' own.
inline EdnsRead read_edns(std::span<const uint8_t> octets, const dns_message& message, uint32_t records,
                          uint32_t end, uint32_t present) {
    EdnsRead read;
    dns_edns_begin(&read.walk, records, end, present, message.answer_count + message.authority_count,
                   message.additional_count);
    read.result = DNS_EDNS_MORE;
    for (uint32_t i = 0; i < DNS_EDNS_STEPS && read.result == DNS_EDNS_MORE; ++i) {
        constexpr uint8_t left_over = 0xaa;  // in the hooks, octets of the window before
        std::array<uint8_t, DNS_EDNS_WINDOW> window{};
        window.fill(left_over);
        const uint32_t available = dns_edns_window(&read.walk);
        if (available != 0) {
            const auto from = octets.subspan(read.walk.at, available);
            std::copy(from.begin(), from.end(), window.begin());
        }
        read.result = dns_edns_step(window.data(), available, &read.walk);
    }
    if (read.result == DNS_EDNS_MORE) read.result = DNS_EDNS_CUT;
    return read;
}

}  // namespace dnsexp::test
