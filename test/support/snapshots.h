// Hand-made snapshots and events for the unit tests of fold/ and metrics/.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "ebpf/dns_classify.h"
#include "exporter/source/source.h"

namespace dnsexp::testing {

// The number 0xc0000201 is 192.0.2.1. A dns_address holds the octets in the order of the wire.
inline dns_address ipv4(uint32_t address) {
    std::array<uint8_t, 16> octets{};
    octets[10] = octets[11] = 0xff;
    for (size_t i = 0; i < 4; ++i) octets[12 + i] = static_cast<uint8_t>(address >> (24 - 8 * i));
    return std::bit_cast<dns_address>(octets);
}

// Two CPUs, the value split unevenly between them.
inline PerCpuEntry<dns_traffic_key, dns_traffic> traffic(dns_traffic_key key, dns_traffic value) {
    const dns_traffic first = {value.responses / 3, value.queries / 3, value.undelivered / 3};
    const dns_traffic second = {value.responses - first.responses, value.queries - first.queries,
                                value.undelivered - first.undelivered};
    return {key, {first, second}};
}

// Two servers: slot 1 is 192.0.2.1, slot 2 is 192.0.2.2. Edges 1 ms, 10 ms and 1 s.
inline RawSnapshot empty_snapshot() {
    RawSnapshot snapshot;
    snapshot.stats.resize(2);
    snapshot.server_slots = {{1, ipv4(0xc0000201)}, {2, ipv4(0xc0000202)}};
    snapshot.latency_edges_ns = {1'000'000, 10'000'000, 1'000'000'000};
    return snapshot;
}

inline dns_event event_for(std::string_view dotted, uint16_t outcome = 0, uint8_t role = DNS_ROLE_CLIENT) {
    dns_event event{};
    event.outcome = outcome;
    event.role = role;
    size_t at = DNS_HEADER_LENGTH;
    while (!dotted.empty()) {
        const std::string_view label = dotted.substr(0, dotted.find('.'));
        event.message[at++] = static_cast<uint8_t>(label.size());
        std::memcpy(event.message + at, label.data(), label.size());
        at += label.size();
        dotted.remove_prefix(std::min(dotted.size(), label.size() + 1));
    }
    event.message_length = static_cast<uint16_t>(at + 1 + 4);  // root label, QTYPE, QCLASS
    return event;
}

}  // namespace dnsexp::testing
