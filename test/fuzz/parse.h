// What the fuzz targets share: the way from octets through the dual headers, as the hooks take it.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "ebpf/dns_frame.h"
#include "ebpf/dns_message.h"
#include "test/support/dual_settings.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace dnsexp::test {

struct ParsedFrame {
    uint32_t reason;
    dns_frame frame;
};

inline ParsedFrame parse_frame(std::span<const uint8_t> octets, uint32_t packet_length, uint32_t link) {
    static const dns_settings settings = settings_for({53});
    ParsedFrame parsed{};
    parsed.reason = dns_frame_parse({octets.data(), octets.data() + octets.size()}, packet_length, link,
                                    &settings, &parsed.frame);
    return parsed;
}

// Whether the hooks are done with the packet before they parse it.
inline bool dismissed(dns_packet packet, uint32_t link) {
    static const dns_settings settings = settings_for({53});
    return dns_frame_irrelevant(packet, link, &settings) != 0;
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
};

inline Input read_input(const uint8_t* data, size_t size) {
    constexpr uint32_t longest = 0xffff, cut_off = 1000;
    const std::span<const uint8_t> octets(data + 1, std::min<size_t>(size - 1, longest));
    return {octets, data[0] & 1 ? uint32_t{DNS_LINK_ETHERNET} : uint32_t{DNS_LINK_IP},
            static_cast<uint32_t>(octets.size()) + (data[0] & 2 ? cut_off : 0)};
}

inline std::span<const uint8_t> payload_of(std::span<const uint8_t> octets, const dns_frame& frame) {
    if (frame.payload >= octets.size()) return {};
    const auto rest = octets.subspan(frame.payload);
    return rest.first(std::min<size_t>(rest.size(), frame.length));
}

}  // namespace dnsexp::test
