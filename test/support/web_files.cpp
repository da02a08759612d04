#include "test/support/web_files.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>

#include "exporter/web/client_policy.h"
#include "exporter/web/pem.h"

namespace dnsexp {
namespace {

constexpr long kDay = 86400;

void require(bool done, const char* what) {
    if (!done) throw std::runtime_error(std::string("OpenSSL: ") + what);
}

Certificate self_signed(EVP_PKEY* key, const std::string& common_name) {
    Certificate certificate(X509_new());
    X509* x509 = certificate.get();
    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), -kDay);
    X509_gmtime_adj(X509_getm_notAfter(x509), kDay);
    X509_NAME* name = X509_get_subject_name(x509);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
    X509_set_issuer_name(x509, name);
    X509_set_pubkey(x509, key);
    X509_EXTENSION* names =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, ("DNS:" + common_name).c_str());
    require(names != nullptr && X509_add_ext(x509, names, -1) == 1, "extension");
    X509_EXTENSION_free(names);
    require(X509_sign(x509, key, EVP_sha256()) > 0, "signature");
    return certificate;
}

std::string text_of(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    std::string text(data, static_cast<size_t>(size));
    BIO_free(bio);
    return text;
}

std::string common_name_of(const X509* certificate) {
    char name[64] = "";
    if (certificate != nullptr)
        X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
    return name;
}

}  // namespace

WebFolder::WebFolder() {
    char folder[] = "/tmp/dnsexp-web-XXXXXX";
    if (mkdtemp(folder) == nullptr) throw std::runtime_error("mkdtemp failed");
    folder_ = folder;
    write_certificate("server", "one");
}

WebFolder::~WebFolder() {
    std::filesystem::remove_all(folder_);
}

void WebFolder::write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name + ".new")) << text;
    std::filesystem::rename(path(name + ".new"), path(name));
}

void WebFolder::write_certificate(const std::string& name, const std::string& common_name) const {
    const PrivateKey key(EVP_EC_gen("P-256"));
    require(key != nullptr, "key");
    const Certificate certificate = self_signed(key.get(), common_name);
    BIO* bio = BIO_new(BIO_s_mem());
    require(PEM_write_bio_X509(bio, certificate.get()) == 1, "certificate");
    write(name + ".crt", text_of(bio));
    bio = BIO_new(BIO_s_mem());
    require(PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1, "key");
    write(name + ".key", text_of(bio));
}

HandshakeSeen shake_hands(SSL_CTX* server, SSL_CTX* client) {
    constexpr int most_turns = 10;  // TLS 1.2 takes two round trips
    const std::unique_ptr<SSL, decltype(&SSL_free)> there(SSL_new(server), &SSL_free);
    const std::unique_ptr<SSL, decltype(&SSL_free)> here(SSL_new(client), &SSL_free);
    BIO* one = nullptr;
    BIO* other = nullptr;
    require(BIO_new_bio_pair(&one, 0, &other, 0) == 1, "pair");
    SSL_set_bio(there.get(), one, one);
    SSL_set_bio(here.get(), other, other);
    SSL_set_accept_state(there.get());
    SSL_set_connect_state(here.get());
    for (int i = 0; i < most_turns; ++i) {
        SSL_do_handshake(here.get());
        SSL_do_handshake(there.get());
    }
    HandshakeSeen seen;
    seen.done = SSL_is_init_finished(here.get()) == 1 && SSL_is_init_finished(there.get()) == 1;
    if (!seen.done) return seen;
    seen.version = SSL_version(here.get());
    seen.server_name = common_name_of(SSL_get0_peer_certificate(here.get()));
    seen.client_known = is_verified_certificate(SSL_get0_peer_certificate(there.get()));
    const unsigned char* protocol = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(here.get(), &protocol, &size);
    if (size > 0) seen.protocol.assign(reinterpret_cast<const char*>(protocol), size);
    char nothing = 0;
    SSL_read(here.get(), &nothing, 1);  // takes the tickets of TLS 1.3, if there are any
    // A session of TLS 1.2 that the server would know again has an id.
    unsigned int id_size = 0;
    SSL_SESSION_get_id(SSL_get_session(here.get()), &id_size);
    seen.can_be_resumed = SSL_SESSION_has_ticket(SSL_get_session(here.get())) == 1 ||
                          (seen.version == TLS1_2_VERSION && id_size > 0);
    return seen;
}

}  // namespace dnsexp
