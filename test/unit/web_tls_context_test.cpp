#include "exporter/web/tls_context.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "exporter/web/client_policy.h"
#include "test/support/web_files.h"

using namespace dnsexp;

namespace {

std::string text_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

TlsSettings settings_of(const WebFolder& folder) {
    TlsSettings settings;
    settings.cert_file = folder.path("server.crt");
    settings.key_file = folder.path("server.key");
    return settings;
}

SslContext made(const TlsSettings& settings) {
    auto context = make_tls_context(settings);
    if (!context) FAIL(context.error().message());
    return std::move(context).value();
}

// A client that would take any version.
SslContext client_context(int low = TLS1_VERSION, int high = TLS1_3_VERSION) {
    SslContext client(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_security_level(client.get(), 0);
    SSL_CTX_set_min_proto_version(client.get(), low);
    SSL_CTX_set_max_proto_version(client.get(), high);
    return client;
}

// The handshake through the front, as connections come.
HandshakeSeen seen_with(const TlsSettings& settings, SSL_CTX* client) {
    const SslContext context = made(settings);
    const ChooseContext choose = [&] {
        SSL_CTX_up_ref(context.get());
        return SslContext(context.get());
    };
    auto front = make_front_context(&choose);
    REQUIRE(front);
    return shake_hands(front.value().get(), client);
}

std::string error_of(const TlsSettings& settings) {
    const auto context = make_tls_context(settings);
    return context ? "" : context.error().message();
}

}  // namespace

TEST_CASE("A connection takes the versions of the chosen context, not those of the front") {
    const WebFolder folder;
    TlsSettings settings = settings_of(folder);
    CHECK(seen_with(settings, client_context().get()).version == TLS1_3_VERSION);
    CHECK_FALSE(seen_with(settings, client_context(TLS1_VERSION, TLS1_1_VERSION).get()).done);
    settings.max_version = TLS1_2_VERSION;
    CHECK(seen_with(settings, client_context().get()).version == TLS1_2_VERSION);
    settings.min_version = settings.max_version = TLS1_VERSION;
    CHECK(seen_with(settings, client_context().get()).version == TLS1_VERSION);
    CHECK_FALSE(seen_with(settings, client_context(TLS1_2_VERSION).get()).done);
}

TEST_CASE("A connection takes the curves and suites of the chosen context") {
    const WebFolder folder;
    TlsSettings settings = settings_of(folder);
    settings.curves = {"P-384"};
    const SslContext client = client_context();
    SSL_CTX_set1_groups_list(client.get(), "P-521");
    CHECK_FALSE(seen_with(settings, client.get()).done);
    SSL_CTX_set1_groups_list(client.get(), "P-521:P-384");
    CHECK(seen_with(settings, client.get()).done);
    settings.curves = {};
    settings.suites = {cipher_suites().front()};  // of TLS 1.3: nothing older can have a suite
    CHECK(seen_with(settings, client.get()).version == TLS1_3_VERSION);
    CHECK_FALSE(seen_with(settings, client_context(TLS1_VERSION, TLS1_2_VERSION).get()).done);
}

TEST_CASE("No session can be resumed, so that each connection is under the settings of its time") {
    const WebFolder folder;
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const HandshakeSeen seen = seen_with(settings_of(folder), client_context(version, version).get());
        CHECK(seen.done);
        CHECK_FALSE(seen.can_be_resumed);
    }
}

// RFC 7301, 3.2.
TEST_CASE("HTTP/1.1 is chosen where it is offered, and a client without it is refused") {
    const WebFolder folder;
    const SslContext client = client_context();
    const auto offer = [&](std::string_view list) {
        SSL_CTX_set_alpn_protos(client.get(), reinterpret_cast<const unsigned char*>(list.data()),
                                static_cast<unsigned int>(list.size()));
        return seen_with(settings_of(folder), client.get());
    };
    CHECK(offer("\x02h2\x08http/1.1").protocol == "http/1.1");
    CHECK_FALSE(offer("\x02h2").done);
}

TEST_CASE("A client certificate is marked only where it was verified") {
    const WebFolder folder;
    folder.write_certificate("client", "client");
    TlsSettings settings = settings_of(folder);
    const SslContext client = client_context();
    SSL_CTX_use_certificate_file(client.get(), folder.path("client.crt").c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(client.get(), folder.path("client.key").c_str(), SSL_FILETYPE_PEM);
    settings.client_auth = ClientAuth::require_any;
    HandshakeSeen seen = seen_with(settings, client.get());
    CHECK(seen.done);
    CHECK_FALSE(seen.client_known);
    settings.client_auth = ClientAuth::require_and_verify;
    settings.client_ca_file = folder.path("client.crt");
    seen = seen_with(settings, client.get());
    CHECK(seen.done);
    CHECK(seen.client_known);
    settings.client_allowed_sans = {"other"};
    CHECK_FALSE(seen_with(settings, client.get()).done);
    settings.client_allowed_sans = {"client"};
    CHECK(seen_with(settings, client.get()).done);
    settings.client_ca_file = folder.path("server.crt");
    CHECK_FALSE(seen_with(settings, client.get()).done);
    CHECK_FALSE(is_verified_certificate(nullptr));
}

TEST_CASE("Certificate and key may stand in the file itself") {
    const WebFolder folder;
    TlsSettings settings;
    settings.cert = text_of(folder.path("server.crt"));
    settings.key = text_of(folder.path("server.key"));
    CHECK(seen_with(settings, client_context().get()).server_name == "one");
    settings.key = "junk";
    CHECK(error_of(settings).find("tls_server_config.key: ") == 0);
    settings.cert = "junk";
    CHECK(error_of(settings).find("no certificate in PEM") != std::string::npos);
}

TEST_CASE("A file that can't be used is named with its key") {
    const WebFolder folder;
    folder.write_certificate("other", "other");
    TlsSettings settings = settings_of(folder);
    settings.key_file = folder.path("other.key");
    CHECK(error_of(settings).find("key_file: does not fit the certificate") != std::string::npos);
    settings.key_file = folder.path("missing.key");
    CHECK(error_of(settings).find("missing.key: No such file") != std::string::npos);
    settings.cert_file = folder.path("server.key");
    CHECK(error_of(settings).find("server.key has no certificate in PEM") != std::string::npos);
}
