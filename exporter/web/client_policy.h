// What is asked of a client's certificate in the handshake, in the manner of Go's crypto/tls.
#pragma once

#include <openssl/ssl.h>

#include <optional>
#include <string>
#include <vector>

#include "exporter/web/tls_names.h"

namespace dnsexp {

// Whether a certificate that is sent is held against the CAs.
bool verifies(ClientAuth auth);

struct ClientPolicy {
    ClientAuth auth = ClientAuth::none;
    std::optional<std::vector<std::string>> allowed_sans;  // given: one of them must be in the certificate

    // The mode for SSL_CTX_set_verify(). Where names are checked, a client without a certificate has none.
    [[nodiscard]] int verify_mode() const;
};

// For SSL_CTX_set_cert_verify_callback(); `policy` is a const ClientPolicy*. Certificates that are verified
// against a CA are marked.
int verify_client(X509_STORE_CTX* store, void* policy);

// Whether verify_client() marked this X509, which may be null.
bool is_verified_certificate(const void* x509);

}  // namespace dnsexp
