// The way back from a name's text (RFC 1035, 5.1) to its labels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace dnsexp {

struct NameLabels {
    std::vector<uint8_t> wire;   // with the root label
    std::vector<size_t> starts;  // of each label, in the text
};

// Understands what presentation_name() writes: `\X`, `\DDD`, no final dot. Nothing where the text is empty,
// has an empty label, a label of more than 63 octets or more than 255 in all. Pure, thread-safe.
std::optional<NameLabels> name_labels(std::string_view presentation_name);

}  // namespace dnsexp
