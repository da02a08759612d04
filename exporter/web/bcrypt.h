// Passwords against their bcrypt hashes. What is a hash, and what matches it, is as in Go's x/crypto/bcrypt.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dnsexp {

struct BcryptHash {
    int cost = 0;        // 4..31: 2^cost rounds
    std::string salt;    // 22 characters of bcrypt's base 64
    std::string digest;  // what follows; 31 characters in a hash that anything can match

    bool operator==(const BcryptHash&) const = default;
};

// "$2y$10$" and its like with any minor version or none, at least 59 octets. Nothing: not of that form.
std::optional<BcryptHash> parse_bcrypt(std::string_view text);

// In constant time but for the cost. Only the first 72 octets of a password count. A password with a zero
// octet matches nothing: libcrypt would end it there. Thread-safe.
bool bcrypt_matches(const BcryptHash& hash, std::string_view password);

}  // namespace dnsexp
