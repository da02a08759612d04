// What the dual headers need beside a packet: settings and hash keys, as the loader would fill them in.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "ebpf/dns_abi.h"

namespace dnsexp::test {

// At most DNS_PORTS_MAX ports and DNS_LATENCY_EDGES_MAX edges, one port at least.
inline dns_settings settings_for(const std::vector<uint16_t>& ports,
                                 const std::vector<uint64_t>& edges_ns = {}) {
    dns_settings settings{};
    settings.port_count = static_cast<uint32_t>(ports.size());
    for (size_t i = 0; i < DNS_PORTS_MAX; ++i) {
        settings.ports[i] = i < ports.size() ? ports[i] : ports[0];
        settings.port_filter |= uint64_t{1} << (settings.ports[i] % 64);
    }
    settings.latency_edge_count = static_cast<uint32_t>(edges_ns.size());
    for (size_t i = 0; i < DNS_LATENCY_BUCKETS; ++i)
        settings.latency_edges_ns[i] =
            i < edges_ns.size() ? edges_ns[i] : std::numeric_limits<uint64_t>::max();
    return settings;
}

// The same at every run, so that a failure can be repeated.
inline dns_hash_keys fixed_hash_keys() {
    dns_hash_keys keys{};
    uint64_t state = 0x9e3779b97f4a7c15;
    auto* words = reinterpret_cast<uint32_t*>(&keys);  // nothing but 32-bit words
    for (size_t i = 0; i < sizeof keys / sizeof *words; ++i) {
        state = state * 6364136223846793005 + 1442695040888963407;  // Knuth's MMIX generator
        words[i] = static_cast<uint32_t>(state >> 32);
    }
    return keys;
}

}  // namespace dnsexp::test
