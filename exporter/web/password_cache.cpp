#include "exporter/web/password_cache.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <string>

namespace dnsexp {
namespace {

// With its length in front, so that no two lists of parts make the same text.
void append_part(std::string& text, std::string_view part) {
    text.append(std::to_string(part.size())).append(":").append(part);
}

}  // namespace

Status PasswordCache::make_secret() {
    if (RAND_bytes(secret_.data(), static_cast<int>(secret_.size())) == 1) return ok();
    return Error{"make a secret", "", 0, "OpenSSL has no random octets", ""};
}

std::optional<PasswordKey> PasswordCache::key(std::string_view user, const BcryptHash& hash,
                                              std::string_view password) const {
    std::string text;
    append_part(text, user);
    append_part(text, std::to_string(hash.cost));
    append_part(text, hash.salt);
    append_part(text, hash.digest);
    append_part(text, password);
    PasswordKey key{};
    unsigned int size = 0;
    const bool made =
        HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()),
             reinterpret_cast<const unsigned char*>(text.data()), text.size(), key.data(), &size) != nullptr;
    OPENSSL_cleanse(text.data(), text.size());
    return made && size == key.size() ? std::optional(key) : std::nullopt;
}

bool PasswordCache::has(const Verdict& verdict, const PasswordKey& key) {
    return std::find(verdict.keys.begin(), verdict.keys.end(), key) != verdict.keys.end();
}

std::optional<bool> PasswordCache::find(const PasswordKey& key) const {
    const std::lock_guard lock(mutex_);
    if (has(right_, key)) return true;
    return has(wrong_, key) ? std::optional(false) : std::nullopt;
}

void PasswordCache::keep(const PasswordKey& key, bool right) {
    const std::lock_guard lock(mutex_);
    Verdict& verdict = right ? right_ : wrong_;
    if (has(verdict, key)) return;
    if (verdict.keys.size() < kMost) {
        verdict.keys.push_back(key);
        return;
    }
    verdict.keys[verdict.next] = key;
    verdict.next = (verdict.next + 1) % kMost;
}

}  // namespace dnsexp
