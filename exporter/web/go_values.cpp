#include "exporter/web/go_values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

namespace dnsexp {
namespace {

// yaml-cpp gives a scalar without quotes the tag "?" (YAML 1.2, 6.9.1).
bool is_plain(const YAML::Node& node) {
    return node.IsScalar() && node.Tag() == "?";
}

// Never the value itself.
std::string must_be(const char* wanted, const YAML::Node& node) {
    return std::string("must be ") + wanted + (node.IsScalar() ? "" : ", is " + description(node));
}

std::optional<int64_t> whole_number(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return {};
    return number;
}

struct Unit {
    std::string_view name;
    double nanoseconds;
};

// The longer of two units that begin alike comes first. Micro is written with either of Unicode's two signs.
constexpr std::array kUnits = {Unit{"ns", 1},          Unit{"us", 1e3},  Unit{"\xc2\xb5s", 1e3},
                               Unit{"\xce\xbcs", 1e3}, Unit{"ms", 1e6},  Unit{"s", 1e9},
                               Unit{"m", 60e9},        Unit{"h", 3600e9}};

// Takes "1.5h" off the front: its nanoseconds.
std::optional<double> take_part(std::string_view& text) {
    double number = 0;
    const size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + digits, number, std::chars_format::fixed);
    if (error != std::errc{} || end != text.data() + digits) return {};
    text.remove_prefix(digits);
    for (const Unit& unit : kUnits) {
        if (!text.starts_with(unit.name)) continue;
        text.remove_prefix(unit.name.size());
        return number * unit.nanoseconds;
    }
    return {};
}

std::optional<std::chrono::nanoseconds> duration(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    if (text == "0") return std::chrono::nanoseconds(0);
    if (text.empty()) return {};
    double sum = 0;
    while (!text.empty()) {
        const auto part = take_part(text);
        if (!part) return {};
        sum += *part;
    }
    constexpr double limit = 9.2e18;  // below 2^63 ns, some 292 years
    if (sum > limit) return {};
    return std::chrono::nanoseconds(static_cast<int64_t>(negative ? -sum : sum));
}

bool is_among(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), text) != words.end();
}

}  // namespace

Parsed<std::string> go_text(const YAML::Node& node) {
    if (node.IsNull()) return Parsed<std::string>(std::in_place_index<0>);
    if (!node.IsScalar()) return Parsed<std::string>(std::in_place_index<1>, must_be("text", node));
    return Parsed<std::string>(std::in_place_index<0>, node.Scalar());
}

Parsed<bool> go_truth(const YAML::Node& node) {
    if (node.IsNull()) return false;
    if (is_plain(node)) {
        const std::string& text = node.Scalar();
        if (is_among(text, {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"}))
            return true;
        if (is_among(text, {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"}))
            return false;
    }
    return must_be("true or false", node);
}

Parsed<int64_t> go_whole(const YAML::Node& node) {
    if (node.IsNull()) return int64_t{0};
    if (is_plain(node))
        if (const auto number = whole_number(node.Scalar())) return *number;
    return must_be("a whole number", node);
}

Parsed<std::chrono::nanoseconds> go_duration(const YAML::Node& node) {
    if (node.IsNull()) return std::chrono::nanoseconds(0);
    if (is_plain(node))
        if (const auto number = whole_number(node.Scalar())) return std::chrono::nanoseconds(*number);
    if (node.IsScalar())
        if (const auto parsed = duration(node.Scalar())) return *parsed;
    return must_be("a duration", node);
}

}  // namespace dnsexp
