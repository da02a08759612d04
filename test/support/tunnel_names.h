// Names like those of tunnels, after the programs' public descriptions of their protocols; and of CDNs.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace dnsexp::testing {

inline constexpr std::string_view hex_digits = "0123456789abcdef";
inline constexpr std::string_view base32_digits = "abcdefghijklmnopqrstuvwxyz234567";
inline constexpr std::string_view base64_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
inline constexpr std::string_view host_digits = "abcdefghijklmnopqrstuvwxyz0123456789";

// Repeatable: the engine's numbers are fixed by the standard.
class TunnelNames {
  public:
    explicit TunnelNames(uint64_t seed) : random_(seed) {}

    uint64_t below(uint64_t limit) { return random_() % limit; }

    std::string text(size_t length, std::string_view alphabet) {
        std::string text;
        for (size_t i = 0; i < length; ++i) text += alphabet[below(alphabet.size())];
        return text;
    }

    // In labels of `longest`.
    static std::string cut(std::string name, size_t longest) {
        for (size_t at = longest; at < name.size(); at += longest + 1) name.insert(at, 1, '.');
        return name;
    }
    std::string labels(size_t length, std::string_view alphabet, size_t longest) {
        return cut(text(length, alphabet), longest);
    }

    // iodine: a command's letter or digit, then data up to the longest name.
    std::string iodine_data(std::string_view alphabet) { return "0" + labels(200, alphabet, 57); }
    // A ping: `p` and four octets in base32: user, what was acknowledged, a counter.
    std::string iodine_ping() { return "paa" + text(5, base32_digits); }
    // dnscat2: hexadecimal digits; 17 octets where there is nothing to say in an encrypted session.
    std::string dnscat2(size_t octets) { return labels(2 * octets, hex_digits, 60); }
    // dns2tcp: a header of base64, alone or with data.
    std::string dns2tcp(size_t data) { return cut("Tqg" + text(7 + data, base64_digits), 63); }
    std::string video_host() {
        return "r" + std::to_string(1 + below(20)) + "---sn-" + text(10, host_digits) + "-" +
               text(4, host_digits);
    }

  private:
    std::mt19937_64 random_;
};

}  // namespace dnsexp::testing
