// An uncompressed name as it lies in a question (RFC 1035, 3.1), split into its labels. The bytes are
// hostile.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "ebpf/dns_abi.h"

namespace dnsexp {

// RFC 1035, 2.3.4: 255 octets, of which each label takes two or more and the root one.
inline constexpr size_t max_labels = (DNS_NAME_MAX - 1) / 2;
inline constexpr uint8_t max_label_octets = 63;

// Where the labels lie. Keeps a view of the bytes that it was made of. count 0 is the root.
struct WireLabels {
    std::span<const uint8_t> wire;
    std::array<uint8_t, max_labels> start{};  // of each length octet; a name has fewer than 256
    size_t count = 0;

    [[nodiscard]] std::span<const uint8_t> label(size_t i) const {
        return wire.subspan(start[i] + size_t{1}, wire[start[i]]);
    }
};

// Nothing where the bytes end before the root label, a length octet is no plain label's (pointers included),
// or the name is longer than 255 octets. Bytes after the root label are not looked at.
inline std::optional<WireLabels> split_labels(std::span<const uint8_t> wire) {
    WireLabels labels;
    labels.wire = wire;
    size_t at = 0;
    while (at < wire.size() && at < DNS_NAME_MAX) {
        const uint8_t length = wire[at];
        if (length == 0) return labels;
        if (length > max_label_octets || wire.size() - at - 1 < length || labels.count == max_labels)
            return {};
        labels.start[labels.count++] = static_cast<uint8_t>(at);
        at += size_t{1} + length;
    }
    return {};
}

// ASCII letters only: names compare so (RFC 4343, 3).
constexpr uint8_t ascii_lower(uint8_t byte) {
    return byte >= 'A' && byte <= 'Z' ? static_cast<uint8_t>(byte + ('a' - 'A')) : byte;
}

}  // namespace dnsexp
