// Names and clients for those who may not see them.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "exporter/config/config.h"
#include "exporter/fold/registrable_domain.h"

namespace dnsexp {

// Redaction::hash: the first 64 bits of HMAC-SHA256 (RFC 2104) as 16 hexadecimal digits. Equal names have
// equal hashes; without the key nobody can try names out. Redaction::mask: of a name its registrable domain
// behind `*.`, of a client its network. Thread-safe.
class Redactor {
  public:
    // `key` is for hashes; empty: 256 random bits, so that nobody can compare with another start's.
    Redactor(Redaction names, Redaction clients, std::string_view key);

    // Of a name in presentation format (names.h). Empty text and the root stay. Masked: a registrable domain,
    // a public suffix and the reverse trees stay, what is below is `*.` and that domain; of a name whose
    // suffix nobody knows the last label is left, and `*` of a single one, for it may be anything that
    // somebody has typed.
    [[nodiscard]] std::string name(std::string_view presentation_name) const;

    // Of an address as inet_ntop writes it. Masked: "192.0.2.0/24", "2001:db8:1::/48". Empty text stays; what
    // is no address becomes empty when it is to be masked.
    [[nodiscard]] std::string client(std::string_view address) const;

  private:
    [[nodiscard]] std::string hashed(std::string_view kind, std::string_view text) const;
    [[nodiscard]] std::string masked_name(std::string_view name) const;

    Redaction names_, clients_;
    std::string key_;
    mutable std::mutex mutex_;
    mutable RegistrableDomains domains_;  // under mutex_
};

}  // namespace dnsexp
