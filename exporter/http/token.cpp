#include "exporter/http/token.h"

#include <algorithm>

namespace dnsexp {

std::string_view trim(std::string_view text) {
    const size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string_view next_part(std::string_view& rest, char separator) {
    const size_t end = rest.find(separator);
    const std::string_view part = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    return trim(part);
}

bool same_token(std::string_view token, std::string_view lower) {
    const auto fold = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::equal(token.begin(), token.end(), lower.begin(), lower.end(),
                      [&](char a, char b) { return fold(a) == b; });
}

}  // namespace dnsexp
