// What bcrypt has said already of a password, so that each scrape does not cost its time anew.
#pragma once

#include <array>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "exporter/base/result.h"
#include "exporter/web/bcrypt.h"

namespace dnsexp {

// HMAC-SHA-256 with a secret of this process: neither a password nor a bcrypt hash is kept.
using PasswordKey = std::array<unsigned char, 32>;

// find() and keep() are thread-safe.
class PasswordCache {
  public:
    // Of each verdict; the toolkit keeps as many of both together.
    static constexpr size_t kMost = 100;

    // Error: there is no randomness to be had.
    Status make_secret();

    // Nothing where OpenSSL has no memory.
    [[nodiscard]] std::optional<PasswordKey> key(std::string_view user, const BcryptHash& hash,
                                                 std::string_view password) const;
    [[nodiscard]] std::optional<bool> find(const PasswordKey& key) const;
    // Where the verdict has no room left, its oldest entry gives way: wrong passwords push no right one out.
    void keep(const PasswordKey& key, bool right);

  private:
    struct Verdict {
        std::vector<PasswordKey> keys;
        size_t next = 0;  // which one gives way, once there are kMost
    };

    static bool has(const Verdict& verdict, const PasswordKey& key);

    std::array<unsigned char, 32> secret_{};
    mutable std::mutex mutex_;
    Verdict right_;
    Verdict wrong_;
};

}  // namespace dnsexp
