#include "exporter/config/config_values.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace dnsexp {
namespace {

constexpr size_t kShownOctets = 40;
constexpr size_t kLongestLabel = 63;    // RFC 1035, 2.3.4
constexpr size_t kLongestDomain = 253;  // its 255 octets, written with dots

// A scalar without quotes and without a tag: yaml-cpp gives it the non-specific tag "?" (YAML 1.2, 6.9.1).
bool is_plain(const YAML::Node& node) {
    return node.IsScalar() && node.Tag() == "?";
}

// The whole text as a number, or nothing was read.
template <typename Number>
std::errc read_number(const std::string& text, Number& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return end != text.data() + text.size() ? std::errc::invalid_argument : error;
}

// Labels of RFC 1035, 2.3.4, and of a host's name or with underscores; a final dot may be there.
bool is_domain(std::string_view text) {
    if (text.ends_with('.')) text.remove_suffix(1);
    if (text.size() > kLongestDomain) return false;
    const auto is_fit = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '_';
    };
    for (size_t at = 0; at <= text.size();) {
        const std::string_view label = text.substr(at, text.find('.', at) - at);
        if (label.empty() || label.size() > kLongestLabel) return false;
        if (!std::all_of(label.begin(), label.end(), is_fit)) return false;
        at += label.size() + 1;
    }
    return true;
}

std::string wrong_type(const char* wanted, const YAML::Node& node) {
    return std::string("must be ") + wanted + ", is " + description(node);
}

}  // namespace

Parsed<uint64_t> parse_whole(const YAML::Node& node, const WholeRange& range) {
    uint64_t number = 0;
    if (!is_plain(node)) return wrong_type("a whole number", node);
    const std::errc error = read_number(node.Scalar(), number);
    int64_t negative = 0;
    const bool below = read_number(node.Scalar(), negative) == std::errc{} && negative < 0;
    if (below || error == std::errc::result_out_of_range)
        return node.Scalar().substr(0, kShownOctets) + " is out of range";
    if (error != std::errc{}) return wrong_type("a whole number", node);
    if (number < range.least || number > range.most) return std::to_string(number) + " is out of range";
    if (range.power_of_two && !std::has_single_bit(number))
        return std::to_string(number) + " is not a power of two";
    return number;
}

std::string allowed_whole(const WholeRange& range) {
    return std::string(range.power_of_two ? "a power of two, " : "a whole number, ") +
           std::to_string(range.least) + ".." + std::to_string(range.most);
}

Parsed<double> parse_positive(const YAML::Node& node) {
    double number = 0;
    if (!is_plain(node) || read_number(node.Scalar(), number) != std::errc{} || !std::isfinite(number))
        return wrong_type("a number", node);
    if (number <= 0) return node.Scalar().substr(0, kShownOctets) + " is not above 0";
    return number;
}

Parsed<bool> parse_truth(const YAML::Node& node) {
    if (is_plain(node) && node.Scalar() == "true") return true;
    if (is_plain(node) && node.Scalar() == "false") return false;
    return wrong_type("true or false", node);
}

Parsed<std::string> parse_text(const YAML::Node& node) {
    if (!node.IsScalar()) return Parsed<std::string>(std::in_place_index<1>, wrong_type("text", node));
    if (node.Scalar().empty()) return Parsed<std::string>(std::in_place_index<1>, "is empty text");
    return Parsed<std::string>(std::in_place_index<0>, node.Scalar());
}

Parsed<std::string> parse_domain(const YAML::Node& node) {
    if (!node.IsScalar()) return Parsed<std::string>(std::in_place_index<1>, wrong_type("text", node));
    const std::string& text = node.Scalar();
    if (text.empty() || is_domain(text)) return Parsed<std::string>(std::in_place_index<0>, text);
    return Parsed<std::string>(std::in_place_index<1>, "is " + shown(text) + ", which is no domain name");
}

std::string description(const YAML::Node& node) {
    if (node.IsMap()) return "a mapping";
    if (node.IsSequence()) return "a list";
    if (!node.IsScalar()) return "without a value";
    double number = 0;
    if (is_plain(node) && read_number(node.Scalar(), number) == std::errc{})
        return "the number " + node.Scalar().substr(0, kShownOctets);
    return "the text " + shown(node.Scalar());
}

std::string shown(std::string_view text) {
    std::string out = "\"";
    for (unsigned char c : text.substr(0, kShownOctets)) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += static_cast<char>(c);
        } else if (c < 0x20 || c >= 0x7f) {
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\x%02x", c);
            out += escape;
        } else {
            out += static_cast<char>(c);
        }
    }
    return out + (text.size() > kShownOctets ? "...\"" : "\"");
}

int line_of(const YAML::Node& node) {
    const YAML::Mark mark = node.Mark();
    return mark.is_null() ? 0 : mark.line + 1;
}

}  // namespace dnsexp
