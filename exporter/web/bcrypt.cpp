#include "exporter/web/bcrypt.h"

#include <crypt.h>
#include <openssl/crypto.h>

#include <memory>

namespace dnsexp {
namespace {

constexpr size_t kLeastSize = 59;  // "$2$10$", salt and digest
constexpr size_t kSaltSize = 22;
constexpr size_t kDigestSize = 31;
constexpr int kLeastCost = 4;
constexpr int kMostCost = 31;
constexpr size_t kPasswordOctets = 72;  // what the cipher's key schedule takes

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

}  // namespace

std::optional<BcryptHash> parse_bcrypt(std::string_view text) {
    if (text.size() < kLeastSize || text[0] != '$' || static_cast<unsigned char>(text[1]) > '2') return {};
    text.remove_prefix(text[2] == '$' ? 3 : 4);
    if (!is_digit(text[0]) || !is_digit(text[1])) return {};
    const int cost = (text[0] - '0') * 10 + (text[1] - '0');
    if (cost < kLeastCost || cost > kMostCost) return {};
    text.remove_prefix(3);
    return BcryptHash{cost, std::string(text.substr(0, kSaltSize)), std::string(text.substr(kSaltSize))};
}

bool bcrypt_matches(const BcryptHash& hash, std::string_view password) {
    if (password.find('\0') != std::string_view::npos) return false;
    // Minor version b: the algorithm without the errors of early implementations, as Go has it for all.
    const std::string setting =
        std::string("$2b$") + (hash.cost < 10 ? "0" : "") + std::to_string(hash.cost) + "$" + hash.salt;
    std::string key(password.substr(0, kPasswordOctets));
    const auto work = std::make_unique<crypt_data>();
    const char* made = crypt_r(key.c_str(), setting.c_str(), work.get());
    const std::string_view result = made != nullptr ? made : "";
    const bool matches = result.size() == setting.size() + kDigestSize && hash.digest.size() >= kDigestSize &&
                         CRYPTO_memcmp(result.data() + setting.size(), hash.digest.data(), kDigestSize) == 0;
    OPENSSL_cleanse(key.data(), key.size());
    OPENSSL_cleanse(work.get(), sizeof(crypt_data));
    return matches;
}

}  // namespace dnsexp
