#include "exporter/web/web_config.h"

#include <catch2/catch.hpp>

using namespace dnsexp;

namespace {

const std::string kTls = "tls_server_config:\n  cert_file: a.crt\n  key_file: a.key\n";
const std::string kHash = "$2y$10$2UXri9cIDdgeKjBo4Rlpx.U3ZLDV8X1IxKmsfOvhcM5oXQt/mLmXq";

WebSettings good(const std::string& text) {
    const auto load = parse_web_config(text, "/etc/web/web.yml");
    for (const ConfigError& error : load.errors) FAIL_CHECK(error.text());
    return load.config;
}

// The one error in the text.
std::string wrong(const std::string& text) {
    const auto load = parse_web_config(text, "web.yml");
    CHECK(load.errors.size() == 1);
    return load.errors.empty() ? "" : load.errors.front().text();
}

bool has(const std::string& text, std::string_view part) {
    INFO(text);
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("An empty web configuration asks for nothing") {
    for (const char* text : {"", "# a comment\n", "tls_server_config:\nbasic_auth_users:\nrate_limit:\n"}) {
        const WebSettings config = good(text);
        CHECK_FALSE(config.tls.enabled());
        CHECK(config.tls.min_version == kTls12);
        CHECK(config.tls.max_version == kTls13);
        CHECK(config.users.empty());
        CHECK(config.headers.empty());
        CHECK(config.http2);
        CHECK(config.rate_limit == RateLimit{});
    }
}

TEST_CASE("Paths are relative to the folder of the file") {
    const WebSettings config = good(
        "tls_server_config:\n  cert_file: a.crt\n  key_file: /b/a.key\n  client_ca_file: ../ca.crt\n"
        "  client_auth_type: VerifyClientCertIfGiven\n");
    CHECK(config.tls.cert_file == "/etc/web/a.crt");
    CHECK(config.tls.key_file == "/b/a.key");
    CHECK(config.tls.client_ca_file == "/etc/web/../ca.crt");
    CHECK(parse_web_config(kTls, "web.yml").config.tls.cert_file == "a.crt");
}

TEST_CASE("Every key of TLS is stored") {
    const WebSettings config = good(
        "tls_server_config:\n"
        "  cert: CERT\n  key: KEY\n  client_ca: CA\n  client_auth_type: RequireAndVerifyClientCert\n"
        "  client_allowed_sans: [one, 10.0.0.1]\n  min_version: TLS10\n  max_version: TLS12\n"
        "  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,\n"
        "    TLS_AES_128_GCM_SHA256]\n"
        "  curve_preferences: [CurveP521, X25519, CurveP521]\n  prefer_server_cipher_suites: no\n");
    const TlsSettings& tls = config.tls;
    CHECK(tls.enabled());
    CHECK(tls.cert == "CERT");
    CHECK(tls.key == "KEY");
    CHECK(tls.client_ca == "CA");
    CHECK(tls.client_auth == ClientAuth::require_and_verify);
    CHECK(tls.client_allowed_sans == std::vector<std::string>{"one", "10.0.0.1"});
    CHECK(tls.min_version == 0x0301);  // RFC 2246, 6.2.1
    CHECK(tls.max_version == 0x0303);
    REQUIRE(tls.suites.size() == 3);  // in Go's order, not the file's
    CHECK(tls.suites[0].openssl.empty());
    CHECK(tls.suites[1].openssl == "ECDHE-RSA-AES128-GCM-SHA256");
    CHECK(tls.suites[2].openssl == "ECDHE-RSA-AES256-GCM-SHA384");
    CHECK(tls.curves == std::vector<std::string_view>{"P-521", "X25519"});
    CHECK_FALSE(good(kTls).tls.client_allowed_sans);
    CHECK(good(kTls + "  client_allowed_sans: []\n").tls.client_allowed_sans->empty());
}

TEST_CASE("The other sections are stored") {
    const WebSettings config = good(
        "http_server_config:\n  http2: off\n  headers:\n    X-XSS-Protection: 1\n"
        "    Strict-Transport-Security: \" max-age=1\\r\\nEvil: x \"\n"
        "basic_auth_users:\n  alice: " +
        kHash + "\nrate_limit:\n  interval: 1s\n  burst: 20\n");
    CHECK_FALSE(config.http2);
    REQUIRE(config.headers.size() == 2);
    CHECK(config.headers[0] == std::pair<std::string, std::string>("X-XSS-Protection", "1"));
    CHECK(config.headers[1].second == "max-age=1  Evil: x");  // no line of its own
    REQUIRE(config.users.contains("alice"));
    CHECK(config.users.at("alice").cost == 10);
    CHECK(config.rate_limit == RateLimit{std::chrono::seconds(1), 20});
}

TEST_CASE("An error names file, line, key, what is allowed and what was meant") {
    const std::string key = wrong("tls_server_config:\n  cert_filse: x\n");
    CHECK(
        has(key,
            "web.yml:2: tls_server_config.cert_filse: unknown key, did you mean cert_file?; allowed: cert,"));
    const std::string section = wrong("tls_server_confg: {}\n");
    CHECK(has(section, "web.yml:1: tls_server_confg: unknown section, did you mean tls_server_config?"));
    const std::string version = wrong(kTls + "  min_version: TLS111\n");
    CHECK(has(version, "web.yml:4: tls_server_config.min_version: is \"TLS111\""));
    CHECK(has(version, "allowed: TLS13, TLS12, TLS11, TLS10"));
    CHECK(has(
        wrong(kTls + "  curve_preferences:\n  - X25519\n  - CurveP257\n"),
        "web.yml:6: tls_server_config.curve_preferences: item: is \"CurveP257\", did you mean CurveP256?"));
    CHECK(has(wrong(kTls + "  client_auth_type: NoClientCerts\n"), "did you mean NoClientCert?"));
    CHECK(has(wrong("http_server_config:\n  headers:\n    X-Frame-Option: deny\n"),
              "did you mean X-Frame-Options?"));
    CHECK(has(wrong("http_server_config:\n  headers:\n    X-Frame-Options: foo\n"), "(deny, sameorigin)"));
}

TEST_CASE("What the toolkit refuses is refused, in words") {
    const std::vector<std::pair<std::string, const char*>> cases = {
        {"tls_server_config:\n  cert_file: a\n", "no private key"},
        {"tls_server_config:\n  key: a\n", "no certificate"},
        {kTls + "  client_ca_file: a\n", "asks for no client certificate"},
        {kTls + "  client_ca: a\n  client_auth_type: NoClientCert\n", "asks for no client certificate"},
        {kTls + "  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]\n", "http2: false"},
        {kTls + "  cipher_suites: [RC4]\n", "\"RC4\""},
        {kTls + "  cipher_suites: RC4\n", "must be a list"},
        {kTls + "  client_allowed_sans: x\n", "must be a list"},
        {kTls + "  cert_file: b\n", "is there twice, first on line 2"},
        {kTls + "  min_version: [TLS12]\n", "must be text"},
        {kTls + "  prefer_server_cipher_suites: maybe\n", "true or false"},
        {"http_server_config:\n  http2: maybe\n", "true or false"},
        {"http_server_config:\n  headers: x\n", "must be a mapping"},
        {"http_server_config:\n  headers:\n    Server: x\n", "can't be set"},
        {"http_server_config:\n  headers:\n    X-XSS-Protection: 1\n    X-XSS-Protection: 1\n", "twice"},
        {"basic_auth_users: [a]\n", "must be a mapping"},
        {"rate_limit:\n  interval: soon\n", "must be a duration"},
        {"rate_limit:\n  burst: many\n", "must be a whole number"},
        {"a: [\n", "not valid YAML"},
        {"text\n", "must be a mapping"},
        {"? [a]\n: b\n", "no text"}};
    for (const auto& [text, words] : cases) {
        INFO(text);
        CHECK(has(wrong(text), words));
    }
    CHECK_FALSE(load_web_config("/nonexistent/web.yml"));
    good(kTls + "  min_version: TLS13\n  cipher_suites: [TLS_AES_256_GCM_SHA384]\n");
    good(kTls +
         "  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]\nhttp_server_config: {http2: false}\n");
}

TEST_CASE("No message quotes a hash, a password or a key") {
    for (const char* text : {"basic_auth_users:\n  bob: hunter2\n", "basic_auth_users:\n  bob: [hunter2]\n",
                             "tls_server_config:\n  key: [hunter2]\n", "tls_server_config:\n  key: hunter2\n",
                             "tls_server_config:\n  key: {a: hunter2}\n"}) {
        const std::string message = wrong(text);
        CHECK_FALSE(has(message, "hunter2"));
    }
}

TEST_CASE("Text from the file is escaped in a message") {
    CHECK(has(wrong("\"a\\e[31m\": 1\n"), "\\x1b[31m"));
    CHECK(has(wrong("basic_auth_users:\n  \"b\\nob\": x\n"), "\"b\\x0aob\""));
}
