#include "exporter/redact/redactor.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include "exporter/fold/hash.h"
#include "exporter/redact/name_labels.h"

namespace dnsexp {
namespace {

constexpr size_t kKeyWords = 4;        // 256 bits: more than HMAC-SHA256 gives
constexpr size_t kHashOctets = 8;      // 2^32 names until two of them are likely to meet
constexpr size_t kNetworkOctets4 = 3;  // /24: no smaller network is routed between providers
constexpr size_t kNetworkOctets6 = 6;  // /48: one site (RFC 6177)

std::string random_key() {
    std::string key(kKeyWords * sizeof(uint64_t), '\0');
    for (size_t i = 0; i < kKeyWords; ++i) {
        const uint64_t word = random_seed();
        std::memcpy(key.data() + i * sizeof word, &word, sizeof word);
    }
    return key;
}

// The network of an address of a family; empty where the text is no such address.
template <size_t Octets>
std::string network(int family, const char* address, size_t kept) {
    std::array<uint8_t, Octets> octets{};
    if (inet_pton(family, address, octets.data()) != 1) return "";
    std::fill(octets.begin() + static_cast<std::ptrdiff_t>(kept), octets.end(), uint8_t{0});
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(family, octets.data(), text.data(), text.size());
    return text.data() + ("/" + std::to_string(kept * 8));
}

std::string masked_client(std::string_view address) {
    const std::string text(address);
    std::string found = network<sizeof(in_addr)>(AF_INET, text.c_str(), kNetworkOctets4);
    if (found.empty()) found = network<sizeof(in6_addr)>(AF_INET6, text.c_str(), kNetworkOctets6);
    return found;
}

}  // namespace

Redactor::Redactor(Redaction names, Redaction clients, std::string_view key)
    : names_(names), clients_(clients), key_(key.empty() ? random_key() : std::string(key)) {}

std::string Redactor::name(std::string_view presentation_name) const {
    if (names_ == Redaction::plain || presentation_name.empty() || presentation_name == ".")
        return std::string(presentation_name);
    return names_ == Redaction::hash ? hashed("name", presentation_name) : masked_name(presentation_name);
}

std::string Redactor::client(std::string_view address) const {
    if (clients_ == Redaction::plain || address.empty()) return std::string(address);
    return clients_ == Redaction::hash ? hashed("client", address) : masked_client(address);
}

// The kind keeps a name that looks like an address from having the address's hash.
std::string Redactor::hashed(std::string_view kind, std::string_view text) const {
    const std::string message = std::string(kind) + ":" + std::string(text);
    std::array<uint8_t, EVP_MAX_MD_SIZE> digest{};
    const auto* made =
        HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
             reinterpret_cast<const uint8_t*>(message.data()), message.size(), digest.data(), nullptr);
    if (made == nullptr) return "";  // no memory: better nothing than the name
    std::string hex;
    for (const uint8_t octet : std::span(digest).first(kHashOctets)) {
        constexpr std::string_view digits = "0123456789abcdef";
        hex += digits[octet >> 4];
        hex += digits[octet & 0xf];
    }
    return hex;
}

std::string Redactor::masked_name(std::string_view name) const {
    const auto labels = name_labels(name);
    const auto split = labels ? split_labels(labels->wire) : std::nullopt;
    if (!split) return "*";
    RegistrableDomains::Share share;
    {
        const std::lock_guard lock(mutex_);
        share = domains_.share(*split);
    }
    if (!share.has_known_suffix) share.labels = split->count == 1 ? 0 : 1;
    if (share.labels == 0) return "*";
    if (share.labels == split->count) return std::string(name);
    return "*." + std::string(name.substr(labels->starts[split->count - share.labels]));
}

}  // namespace dnsexp
