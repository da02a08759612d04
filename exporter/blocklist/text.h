// Pieces of a line of text.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace dnsexp {

constexpr bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

inline std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

// Takes the next word, and the blanks around it, from the front of the text; empty where there is none.
inline std::string_view take_word(std::string_view& text) {
    const auto begin = std::ranges::find_if_not(text, is_blank);
    const auto end = std::find_if(begin, text.end(), is_blank);
    const std::string_view word(begin, end);
    text = std::string_view(std::find_if_not(end, text.end(), is_blank), text.end());
    return word;
}

// Takes what lies before the next `separator`, and the separator, from the front of the text; all of it where
// there is none.
inline std::string_view take_until(std::string_view& text, char separator) {
    const size_t at = text.find(separator);
    const std::string_view piece = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
    return piece;
}

// `lower`: in lower case already.
inline bool equals_ignoring_case(std::string_view text, std::string_view lower) {
    return std::ranges::equal(text, lower,
                              [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

// `known`: in lower case.
template <size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& known) {
    return std::ranges::any_of(known,
                               [text](std::string_view one) { return equals_ignoring_case(text, one); });
}

// Without what `#` begins, at the line's begin or behind a blank.
inline std::string_view without_hash_comment(std::string_view line) {
    for (size_t at = 0; (at = line.find('#', at)) != std::string_view::npos; ++at)
        if (at == 0 || is_blank(line[at - 1])) return line.substr(0, at);
    return line;
}

}  // namespace dnsexp
