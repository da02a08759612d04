// Names as they lie in messages, whole or compressed, and such as no sound server sends.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "test/support/packet_builder.h"

namespace dnsexp::test {

// A pointer to an octet of the message (RFC 1035, 4.1.4).
inline Bytes to(size_t offset) {
    return {static_cast<uint8_t>(0xc0 | offset >> 8), static_cast<uint8_t>(offset)};
}

// A name that begins with these labels and ends with what `rest` holds.
inline Bytes labels(std::string_view text, const Bytes& rest) {
    Bytes name = wire_name(text);
    name.pop_back();
    append(name, rest);
    return name;
}

// A name of labels of these lengths, and the root.
inline Bytes of_lengths(const std::vector<uint8_t>& lengths) {
    Bytes name;
    for (const uint8_t length : lengths) {
        name.push_back(length);
        name.insert(name.end(), length, 'x');
    }
    name.push_back(0);
    return name;
}

}  // namespace dnsexp::test
