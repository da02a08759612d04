#include "exporter/web/basic_credentials.h"

#include <strings.h>

#include <cstdint>

namespace dnsexp {
namespace {

constexpr std::string_view kScheme = "Basic ";

int sextet(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+') return 62;
    return c == '/' ? 63 : -1;
}

std::optional<std::string> decode_base64(std::string_view text) {
    if (text.size() % 4 != 0) return {};
    const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    text.remove_suffix(padding);
    std::string decoded;
    uint32_t bits = 0;
    int count = 0;
    for (const char c : text) {
        const int value = sextet(c);
        if (value < 0) return {};
        bits = (bits << 6 | static_cast<uint32_t>(value)) & 0xffffff;
        count += 6;
        if (count < 8) continue;
        count -= 8;
        decoded += static_cast<char>(bits >> count & 0xff);
    }
    return decoded;
}

}  // namespace

std::optional<Credentials> basic_credentials(std::string_view authorization) {
    if (authorization.size() < kScheme.size() ||
        strncasecmp(authorization.data(), kScheme.data(), kScheme.size()) != 0)
        return {};
    const auto decoded = decode_base64(authorization.substr(kScheme.size()));
    if (!decoded) return {};
    const size_t colon = decoded->find(':');
    if (colon == std::string::npos) return {};
    return Credentials{decoded->substr(0, colon), decoded->substr(colon + 1)};
}

}  // namespace dnsexp
