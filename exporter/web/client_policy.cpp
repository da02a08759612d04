#include "exporter/web/client_policy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <string_view>

#include "exporter/base/log.h"

namespace dnsexp {
namespace {

// Keys of 1024 bits and no SHA-1 signatures (SSL_CTX_set_security_level(3)): close to what Go takes, also
// where a lower level lets TLS 1.0 in.
constexpr int kVerifyLevel = 1;

int mark_index() {
    static const int index = X509_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

char verified_mark;  // its address is the mark

template <size_t Size>
std::string address_text(int family, const unsigned char* octets) {
    std::array<unsigned char, Size> address{};
    std::memcpy(address.data(), octets, Size);
    std::array<char, INET6_ADDRSTRLEN> text{};
    return inet_ntop(family, address.data(), text.data(), text.size()) != nullptr ? text.data() : "";
}

std::string text_of(const ASN1_STRING* text) {
    const int size = ASN1_STRING_length(text);
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
            size > 0 ? static_cast<size_t>(size) : 0};
}

std::string text_of(const GENERAL_NAME* name) {
    constexpr int v4_octets = 4;
    constexpr int v6_octets = 16;
    switch (name->type) {
        case GEN_DNS:
            return text_of(name->d.dNSName);
        case GEN_EMAIL:
            return text_of(name->d.rfc822Name);
        case GEN_URI:
            return text_of(name->d.uniformResourceIdentifier);
        case GEN_IPADD: {
            const auto* octets = ASN1_STRING_get0_data(name->d.iPAddress);
            const int size = ASN1_STRING_length(name->d.iPAddress);
            if (size == v4_octets) return address_text<v4_octets>(AF_INET, octets);
            return size == v6_octets ? address_text<v6_octets>(AF_INET6, octets) : "";
        }
        default:
            return "";
    }
}

// RFC 5280, 4.2.1.6: DNS names, mail addresses, IP addresses and URIs, letter by letter as the toolkit
// compares.
bool has_allowed_san(const X509* certificate, const std::vector<std::string>& allowed) {
    const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
        &GENERAL_NAMES_free);
    if (!names) return false;
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const std::string text = text_of(sk_GENERAL_NAME_value(names.get(), i));
        if (!text.empty() && std::find(allowed.begin(), allowed.end(), text) != allowed.end()) return true;
    }
    return false;
}

bool is_acceptable(X509_STORE_CTX* store, const ClientPolicy& policy) {
    X509* certificate = X509_STORE_CTX_get0_cert(store);
    if (certificate == nullptr) return false;
    if (verifies(policy.auth)) {
        X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(store), kVerifyLevel);
        if (X509_verify_cert(store) != 1) return false;
    } else {
        X509_STORE_CTX_set_error(store, X509_V_OK);
    }
    if (policy.allowed_sans && !has_allowed_san(certificate, *policy.allowed_sans)) {
        X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
        return false;
    }
    return !verifies(policy.auth) || X509_set_ex_data(certificate, mark_index(), &verified_mark) == 1;
}

}  // namespace

bool verifies(ClientAuth auth) {
    return auth == ClientAuth::verify_if_given || auth == ClientAuth::require_and_verify;
}

int ClientPolicy::verify_mode() const {
    constexpr int required = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    switch (auth) {
        case ClientAuth::none:
            return SSL_VERIFY_NONE;
        case ClientAuth::request:
        case ClientAuth::verify_if_given:
            return allowed_sans ? required : SSL_VERIFY_PEER;
        case ClientAuth::require_any:
        case ClientAuth::require_and_verify:
            break;
    }
    return required;
}

int verify_client(X509_STORE_CTX* store, void* policy) {
    // OpenSSL is C: no exception may pass through it.
    try {
        if (is_acceptable(store, *static_cast<const ClientPolicy*>(policy))) return 1;
        log_debug("refused a client certificate",
                  {{"err", X509_verify_cert_error_string(X509_STORE_CTX_get_error(store))}});
    } catch (...) {
        X509_STORE_CTX_set_error(store, X509_V_ERR_OUT_OF_MEM);
    }
    return 0;
}

bool is_verified_certificate(const void* x509) {
    return x509 != nullptr &&
           X509_get_ex_data(static_cast<const X509*>(x509), mark_index()) == &verified_mark;
}

}  // namespace dnsexp
