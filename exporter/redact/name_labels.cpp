#include "exporter/redact/name_labels.h"

#include "exporter/fold/wire_name.h"

namespace dnsexp {
namespace {

constexpr size_t kDecimalEscape = 4;  // `\DDD`

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// Takes one character of a label, escaped or not, off the text's front. Nothing: the escape is none.
std::optional<uint8_t> take_octet(std::string_view& text) {
    const char first = text.front();
    if (first != '\\') {
        text.remove_prefix(1);
        return static_cast<uint8_t>(first);
    }
    if (text.size() < 2) return {};
    if (!is_digit(text[1])) {
        const char escaped = text[1];
        text.remove_prefix(2);
        return static_cast<uint8_t>(escaped);
    }
    if (text.size() < kDecimalEscape || !is_digit(text[2]) || !is_digit(text[3])) return {};
    const int value = (text[1] - '0') * 100 + (text[2] - '0') * 10 + (text[3] - '0');
    text.remove_prefix(kDecimalEscape);
    if (value > UINT8_MAX) return {};
    return static_cast<uint8_t>(value);
}

}  // namespace

std::optional<NameLabels> name_labels(std::string_view presentation_name) {
    NameLabels labels;
    std::string_view rest = presentation_name;
    for (bool is_last = false; !is_last;) {
        const size_t length_at = labels.wire.size();
        labels.starts.push_back(presentation_name.size() - rest.size());
        labels.wire.push_back(0);
        while (!rest.empty() && rest.front() != '.') {
            const auto octet = take_octet(rest);
            if (!octet) return {};
            labels.wire.push_back(*octet);
        }
        const size_t length = labels.wire.size() - length_at - 1;
        if (length == 0 || length > max_label_octets || labels.wire.size() >= DNS_NAME_MAX) return {};
        labels.wire[length_at] = static_cast<uint8_t>(length);
        is_last = rest.empty();
        if (!is_last) rest.remove_prefix(1);
    }
    labels.wire.push_back(0);
    return labels;
}

}  // namespace dnsexp
