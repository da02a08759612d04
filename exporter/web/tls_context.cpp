#include "exporter/web/tls_context.h"

#include <algorithm>

#include "exporter/base/log.h"
#include "exporter/os/read_file.h"
#include "exporter/web/client_policy.h"
#include "exporter/web/pem.h"

namespace dnsexp {
namespace {

// What a connection needs beside its context: SSL_set_SSL_CTX() carries the certificate, the suites, the
// security level and the callbacks, but not these.
struct Handshake {
    ClientPolicy policy;
    int min_version = kTls12;
    int max_version = kTls13;
    std::string groups;
};

void free_handshake(void* /*parent*/, void* data, CRYPTO_EX_DATA* /*all*/, int /*index*/, long /*argl*/,
                    void* /*argp*/) {
    delete static_cast<Handshake*>(data);
}

int handshake_index() {
    static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_handshake);
    return index;
}

Error tls_error(std::string key, std::string detail, std::string hint = "") {
    return {"tls_server_config." + key, "", 0, std::move(detail), std::move(hint)};
}

// The file's text, or else the one in the configuration.
Result<std::string> pem_of(const char* key, const std::string& file, const std::string& text) {
    if (file.empty()) return text;
    auto read = read_file(file);
    if (read) return read;
    Error error = std::move(read).error();
    error.operation = std::string("tls_server_config.") + key + ": read file";
    return error;
}

// Of SSL_CTX_set_security_level(3). TLS 1.0 and 1.1 sign with SHA-1, which only level 0 takes; 1 is closest
// to what Go takes otherwise.
constexpr int kLevel = 1;
constexpr int kOldLevel = 0;

std::string suite_list(const TlsSettings& settings) {
    std::string list;
    for (const CipherSuite& suite : cipher_suites()) {
        const auto same = [&](const CipherSuite& other) { return other.name == suite.name; };
        const bool chosen =
            settings.suites.empty() || std::any_of(settings.suites.begin(), settings.suites.end(), same);
        if (chosen && !suite.openssl.empty()) list.append(list.empty() ? "" : ":").append(suite.openssl);
    }
    return list;
}

std::string group_list(const TlsSettings& settings) {
    std::string list;
    if (settings.curves.empty())
        for (const auto& curve : tls_curves()) list.append(list.empty() ? "" : ":").append(curve.second);
    for (const std::string_view curve : settings.curves) list.append(list.empty() ? "" : ":").append(curve);
    return list;
}

void set_common(SSL_CTX* context) {
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_mode(context, SSL_MODE_NO_AUTO_CHAIN);  // only what cert_file has is sent
}

Status set_certificate(SSL_CTX* context, const TlsSettings& settings) {
    const bool from_file = !settings.cert_file.empty();
    const char* name = from_file ? "cert_file" : "cert";
    const auto pem = pem_of(name, settings.cert_file, settings.cert);
    if (!pem) return pem.error();
    const auto chain = read_certificates(pem.value());
    if (chain.empty())
        return tls_error(name, settings.cert_file + (from_file ? " has" : "has") + " no certificate in PEM",
                         "it begins with -----BEGIN CERTIFICATE-----");
    if (SSL_CTX_use_certificate(context, chain.front().get()) != 1) return tls_error(name, openssl_reason());
    for (size_t i = 1; i < chain.size(); ++i)
        if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1) return tls_error(name, openssl_reason());
    return ok();
}

Status set_key(SSL_CTX* context, const TlsSettings& settings) {
    const bool from_file = !settings.key_file.empty();
    const char* name = from_file ? "key_file" : "key";
    const auto pem = pem_of(name, settings.key_file, settings.key);
    if (!pem) return pem.error();
    const PrivateKey key = read_private_key(pem.value());
    if (!key)
        return tls_error(name, settings.key_file + (from_file ? " has" : "has") +
                                   " no private key in PEM that can be used without a passphrase");
    if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1)
        return tls_error(name, "does not fit the certificate: " + openssl_reason());
    return ok();
}

// Only the given CAs are trusted, whether they are roots or not; without any, those of the system.
Status set_client_cas(SSL_CTX* context, const TlsSettings& settings) {
    if (settings.client_ca.empty() && settings.client_ca_file.empty()) {
        if (!settings.client_auth || !verifies(*settings.client_auth)) return ok();
        if (SSL_CTX_set_default_verify_paths(context) == 1) return ok();
        return tls_error("client_auth_type", "the system's CAs can't be read: " + openssl_reason());
    }
    const char* name = settings.client_ca_file.empty() ? "client_ca" : "client_ca_file";
    const auto pem = pem_of(name, settings.client_ca_file, settings.client_ca);
    if (!pem) return pem.error();
    const auto authorities = read_certificates(pem.value());
    if (authorities.empty()) log_warn("no CA for clients: none is accepted", {{"key", name}});
    X509_STORE* store = SSL_CTX_get_cert_store(context);
    for (const Certificate& authority : authorities)
        if (X509_STORE_add_cert(store, authority.get()) != 1 ||
            SSL_CTX_add_client_CA(context, authority.get()) != 1)
            return tls_error(name, openssl_reason());
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    return ok();
}

// RFC 7301: HTTP/1.1 is all there is. A client that does not speak it is told so.
int choose_protocol(SSL* /*connection*/, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned int offered_size, void* /*argument*/) {
    static constexpr unsigned char known[] = "\x08http/1.1";
    unsigned char* selected = nullptr;
    if (SSL_select_next_proto(&selected, chosen_size, known, sizeof known - 1, offered, offered_size) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *chosen = selected;
    return SSL_TLSEXT_ERR_OK;
}

Status set_suites(SSL_CTX* context, const TlsSettings& settings, Handshake& handshake) {
    SSL_CTX_set_security_level(context, handshake.min_version < kTls12 ? kOldLevel : kLevel);
    const std::string suites = suite_list(settings);
    if (suites.empty())
        handshake.min_version = kTls13;  // only suites of TLS 1.3 are chosen: nothing older has any
    else if (SSL_CTX_set_cipher_list(context, suites.c_str()) != 1)
        return tls_error("cipher_suites", openssl_reason());
    return ok();
}

// Hands the settings that SSL_CTX doesn't carry to the context, which frees them.
Status keep_handshake(SSL_CTX* context, std::unique_ptr<Handshake> handshake) {
    if (SSL_CTX_set_ex_data(context, handshake_index(), handshake.get()) != 1)
        return tls_error("cert", openssl_reason());
    SSL_CTX_set_cert_verify_callback(context, verify_client, &handshake->policy);
    handshake.release();
    return ok();
}

// Makes the connection one of the chosen context.
bool take_context(SSL* connection, SSL_CTX* context) {
    const auto* handshake = static_cast<const Handshake*>(SSL_CTX_get_ex_data(context, handshake_index()));
    if (handshake == nullptr || SSL_set_SSL_CTX(connection, context) == nullptr) return false;
    SSL_set_verify(connection, handshake->policy.verify_mode(), nullptr);
    return SSL_set_min_proto_version(connection, handshake->min_version) == 1 &&
           SSL_set_max_proto_version(connection, handshake->max_version) == 1 &&
           SSL_set1_groups_list(connection, handshake->groups.c_str()) == 1;
}

int on_client_hello(SSL* connection, int* alert, void* choose) {
    // OpenSSL is C: no exception may pass through it.
    try {
        const SslContext context = (*static_cast<const ChooseContext*>(choose))();
        if (context && take_context(connection, context.get())) return SSL_CLIENT_HELLO_SUCCESS;
    } catch (...) {
        // Out of memory: the connection is refused.
    }
    *alert = SSL_AD_INTERNAL_ERROR;
    return SSL_CLIENT_HELLO_ERROR;
}

}  // namespace

Result<SslContext> make_tls_context(const TlsSettings& settings) {
    SslContext context(SSL_CTX_new(TLS_server_method()));
    if (!context) return tls_error("cert", openssl_reason());
    auto handshake = std::make_unique<Handshake>();
    handshake->policy = {settings.client_auth.value_or(ClientAuth::none), settings.client_allowed_sans};
    handshake->min_version = settings.min_version;
    handshake->max_version = settings.max_version;
    handshake->groups = group_list(settings);
    set_common(context.get());
    SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
    // The level comes first: certificate and key are held against it.
    if (auto status = set_suites(context.get(), settings, *handshake); !status) return status.error();
    if (auto status = set_certificate(context.get(), settings); !status) return status.error();
    if (auto status = set_key(context.get(), settings); !status) return status.error();
    if (auto status = set_client_cas(context.get(), settings); !status) return status.error();
    if (auto status = keep_handshake(context.get(), std::move(handshake)); !status) return status.error();
    return context;
}

Result<SslContext> make_front_context(const ChooseContext* choose) {
    SslContext context(SSL_CTX_new(TLS_server_method()));
    if (!context) return tls_error("cert", openssl_reason());
    set_common(context.get());
    SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);  // the chosen context's are what counts
    // OpenSSL hands the pointer back as void*; on_client_hello() takes it as const again.
    SSL_CTX_set_client_hello_cb(context.get(), on_client_hello, const_cast<ChooseContext*>(choose));
    return context;
}

}  // namespace dnsexp
