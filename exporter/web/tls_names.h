// The names that Go's crypto/tls gives to versions, cipher suites and curves, and what OpenSSL calls them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dnsexp {

// When a client is asked for a certificate, and whether it is verified (Go's tls.ClientAuthType).
enum class ClientAuth { none, request, require_any, verify_if_given, require_and_verify };

struct CipherSuite {
    std::string_view name;     // as in Go and IANA's registry
    std::string_view openssl;  // empty: a suite of TLS 1.3, which all are always on
    bool for_http2 = false;    // one of the two that HTTP/2 asks for (RFC 9113, 9.2.2)
};

template <typename Value>
using TlsNames = std::vector<std::pair<std::string_view, Value>>;

// Versions as on the wire (RFC 8446, 4.2.1).
inline constexpr int kTls12 = 0x0303;
inline constexpr int kTls13 = 0x0304;

const TlsNames<int>& tls_versions();
const TlsNames<ClientAuth>& client_auth_types();
// To OpenSSL's names, in Go's order of preference where none is configured.
const TlsNames<std::string_view>& tls_curves();
// In Go's order of preference, which the order in the file does not change.
const std::vector<CipherSuite>& cipher_suites();

}  // namespace dnsexp
