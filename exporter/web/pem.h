// Certificates and keys from PEM text (RFC 7468).
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace dnsexp {

struct X509Free {
    void operator()(X509* certificate) const { X509_free(certificate); }
};
struct KeyFree {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Certificate = std::unique_ptr<X509, X509Free>;
using PrivateKey = std::unique_ptr<EVP_PKEY, KeyFree>;

// All certificates of the text up to the first that can't be read; other blocks are passed over.
std::vector<Certificate> read_certificates(std::string_view pem);

// The first private key; null where there is none, it can't be read, or it needs a passphrase.
PrivateKey read_private_key(std::string_view pem);

// Why OpenSSL's last call on this thread failed, in its words, which hold nothing of the input.
std::string openssl_reason();

}  // namespace dnsexp
