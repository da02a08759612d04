#include "exporter/terminal/text.h"

#include <algorithm>

namespace dnsexp {
namespace {

constexpr std::string_view ellipsis = "\xe2\x80\xa6";  // U+2026
constexpr size_t gap = 2;                              // blanks between items of a line

bool is_printable(unsigned char octet) {
    return octet >= 0x20 && octet <= 0x7e;
}

}  // namespace

std::string escaped(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        if (is_printable(octet)) {
            out += c;
            continue;
        }
        out += '\\';
        for (const unsigned int digit : {octet / 100u, octet / 10u % 10u, octet % 10u})
            out += static_cast<char>('0' + digit);
    }
    return out;
}

size_t columns(std::string_view text) {
    // All octets of a character in UTF-8 but the first are 10xxxxxx (RFC 3629, 3).
    return static_cast<size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string cell(std::string_view text, size_t width, bool unicode, Align align) {
    // No more is read than can be shown, however long a name is.
    std::string out = escaped(text.substr(0, width + 1));
    if (out.size() > width) {
        if (width == 0) return "";
        out.resize(width - 1);
        return out += unicode ? ellipsis : "~";
    }
    out.insert(align == Align::left ? out.size() : 0, width - out.size(), ' ');
    return out;
}

std::vector<std::string> flow(const std::vector<std::string>& items, size_t width, size_t lines_max) {
    std::vector<std::string> lines;
    for (const std::string& item : items) {
        const std::string text = escaped(item);
        if (text.size() > width) continue;
        if (!lines.empty() && lines.back().size() + gap + text.size() <= width)
            lines.back() += std::string(gap, ' ') + text;
        else if (lines.size() < lines_max)
            lines.push_back(text);
    }
    return lines;
}

std::vector<std::string> wrapped(std::string_view text, size_t width) {
    const std::string safe = escaped(text);
    std::string_view rest = safe;
    std::vector<std::string> lines;
    while (rest.size() > width) {
        const size_t blank = rest.rfind(' ', width);
        const bool is_word = blank == std::string_view::npos || blank == 0;
        lines.emplace_back(rest.substr(0, is_word ? width : blank));
        rest.remove_prefix(is_word ? width : blank + 1);
    }
    lines.emplace_back(rest);
    return lines;
}

bool is_utf8_locale(std::string_view lc_all, std::string_view lc_ctype, std::string_view lang) {
    const std::string_view name = !lc_all.empty() ? lc_all : !lc_ctype.empty() ? lc_ctype : lang;
    std::string lower(name.substr(std::min(name.find('.'), name.size())));
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return lower.starts_with(".utf-8") || lower.starts_with(".utf8");
}

}  // namespace dnsexp
