// What the fuzz targets share: the way from octets through the dual headers, as the hooks take it.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "ebpf/dns_frame.h"
#include "ebpf/dns_message.h"
#include "ebpf/dns_tunnel.h"
#include "test/fuzz/input.h"
#include "test/support/dual_settings.h"

namespace dnsexp::test {

struct ParsedFrame {
    uint32_t reason;
    dns_frame frame;
};

inline const dns_settings& fuzz_settings(uint32_t tunnels) {
    static dns_settings settings = settings_for({53});
    settings.tunnels = tunnels;
    return settings;
}

// Down to the packet in a tunnel where the outer one is not on port 53 and is one of `tunnels`.
inline ParsedFrame parse_frame(std::span<const uint8_t> octets, uint32_t packet_length, uint32_t link,
                               uint32_t tunnels = 0) {
    const dns_settings& settings = fuzz_settings(tunnels);
    const dns_packet packet{octets.data(), octets.data() + octets.size()};
    ParsedFrame parsed{};
    parsed.reason = dns_frame_parse(packet, packet_length, link, &settings, &parsed.frame);
    if (parsed.reason == DNS_FRAME_OTHER && tunnels != 0 && dns_tunnel_open(packet, &settings, &parsed.frame))
        parsed.reason = dns_frame_parse_at(packet, packet_length, parsed.frame.link, parsed.frame.start,
                                           &settings, &parsed.frame);
    return parsed;
}

// Whether the hooks are done with the packet before they parse it.
inline bool dismissed(dns_packet packet, uint32_t link, uint32_t tunnels = 0) {
    return dns_frame_irrelevant(packet, link, &fuzz_settings(tunnels)) != 0;
}

struct ParsedMessage {
    uint32_t reason;
    dns_message message;
};

// The buffer's rest holds what a message before left there. It is on the heap: a read past its end shows.
inline ParsedMessage parse_message(std::span<const uint8_t> octets, uint32_t length) {
    constexpr uint8_t left_over = 0xaa;
    static const dns_hash_keys keys = fixed_hash_keys();
    const auto buffer = std::make_unique<uint8_t[]>(DNS_MESSAGE_PREFIX);
    const auto available = std::min<size_t>(octets.size(), DNS_PREFIX_LOAD);
    std::copy_n(octets.begin(), available, buffer.get());
    std::fill(buffer.get() + available, buffer.get() + DNS_MESSAGE_PREFIX, left_over);
    ParsedMessage parsed{};
    parsed.reason =
        dns_message_parse(buffer.get(), static_cast<uint32_t>(available), length, &keys, &parsed.message);
    return parsed;
}

// The first octet of an input says how the rest is read.
struct Input {
    std::span<const uint8_t> octets;
    uint32_t link;           // enum dns_link
    uint32_t packet_length;  // longer than the octets where the capture cut the packet
    uint32_t tunnels;        // enum dns_tunnel
};

inline Input read_input(const uint8_t* data, size_t size) {
    constexpr uint32_t longest = 0xffff, cut_off = 1000;
    const std::span<const uint8_t> octets(data + 1, std::min<size_t>(size - 1, longest));
    return {octets, data[0] & 1 ? uint32_t{DNS_LINK_ETHERNET} : uint32_t{DNS_LINK_IP},
            static_cast<uint32_t>(octets.size()) + (data[0] & 2 ? cut_off : 0), data[0] >> 2 & 31U};
}

inline std::span<const uint8_t> payload_of(std::span<const uint8_t> octets, const dns_frame& frame) {
    if (frame.payload >= octets.size()) return {};
    const auto rest = octets.subspan(frame.payload);
    return rest.first(std::min<size_t>(rest.size(), frame.length));
}

}  // namespace dnsexp::test
