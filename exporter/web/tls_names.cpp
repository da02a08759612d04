#include "exporter/web/tls_names.h"

namespace dnsexp {

const TlsNames<int>& tls_versions() {
    static const TlsNames<int> names = {
        {"TLS13", kTls13}, {"TLS12", kTls12}, {"TLS11", 0x0302}, {"TLS10", 0x0301}};
    return names;
}

const TlsNames<ClientAuth>& client_auth_types() {
    static const TlsNames<ClientAuth> names = {
        {"NoClientCert", ClientAuth::none},
        {"RequestClientCert", ClientAuth::request},
        {"RequireAnyClientCert", ClientAuth::require_any},
        {"RequireClientCert", ClientAuth::require_any},  // the toolkit's old name for it
        {"VerifyClientCertIfGiven", ClientAuth::verify_if_given},
        {"RequireAndVerifyClientCert", ClientAuth::require_and_verify}};
    return names;
}

const TlsNames<std::string_view>& tls_curves() {
    static const TlsNames<std::string_view> names = {
        {"X25519", "X25519"}, {"CurveP256", "P-256"}, {"CurveP384", "P-384"}, {"CurveP521", "P-521"}};
    return names;
}

// Those with RSA key exchange are what Go calls secure up to 1.21; later versions of the toolkit refuse them.
const std::vector<CipherSuite>& cipher_suites() {
    static const std::vector<CipherSuite> suites = {
        {"TLS_AES_128_GCM_SHA256", ""},
        {"TLS_AES_256_GCM_SHA384", ""},
        {"TLS_CHACHA20_POLY1305_SHA256", ""},
        {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256", true},
        {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256", true},
        {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"},
        {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"},
        {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"},
        {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"},
        {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA"},
        {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"},
        {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA"},
        {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA"},
        {"TLS_RSA_WITH_AES_128_GCM_SHA256", "AES128-GCM-SHA256"},
        {"TLS_RSA_WITH_AES_256_GCM_SHA384", "AES256-GCM-SHA384"},
        {"TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA"},
        {"TLS_RSA_WITH_AES_256_CBC_SHA", "AES256-SHA"}};
    return suites;
}

}  // namespace dnsexp
