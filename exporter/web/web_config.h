// The file of --web.config.file, in the format of Prometheus's exporter-toolkit. Reads it; opens no other
// file.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/config/config_file.h"
#include "exporter/web/bcrypt.h"
#include "exporter/web/tls_names.h"

namespace dnsexp {

// Each of certificate, key and CA is PEM text or a file's path; the file goes first where both are given.
struct TlsSettings {
    std::string cert;
    std::string cert_file;
    std::string key;
    std::string key_file;
    std::string client_ca;
    std::string client_ca_file;
    std::optional<ClientAuth> client_auth;                        // nothing: not given
    std::optional<std::vector<std::string>> client_allowed_sans;  // an empty list allows no certificate
    int min_version = kTls12;                                     // as on the wire
    int max_version = kTls13;
    std::vector<CipherSuite> suites;       // empty: the default ones; in the order of cipher_suites()
    std::vector<std::string_view> curves;  // OpenSSL's names; empty: all of tls_curves()

    // Whether any key is given that asks for TLS.
    [[nodiscard]] bool enabled() const;
};

// A token bucket over all requests.
struct RateLimit {
    std::chrono::nanoseconds interval{0};  // in which one request more is allowed; 0: no limit
    int64_t burst = 0;                     // requests at once

    bool operator==(const RateLimit&) const = default;
};

struct WebSettings {
    TlsSettings tls;
    bool http2 = true;  // checked as in the toolkit, though this server speaks HTTP/1.1 alone
    std::vector<std::pair<std::string, std::string>> headers;  // added to each response
    std::map<std::string, BcryptHash, std::less<>> users;      // empty: no password is asked for
    RateLimit rate_limit;
};

// `config` is to be used only if there are no errors.
struct WebSettingsLoad {
    WebSettings config;
    std::vector<ConfigError> errors;

    explicit operator bool() const { return errors.empty(); }
};

// An empty file is valid. Paths in it are made relative to its folder. Errors as those of load_config(), and
// what the toolkit refuses; none quotes a hash or a key. In the order of the file. Throws nothing.
WebSettingsLoad load_web_config(const std::string& path);

// The same from text; `file` is its name in messages and tells the folder.
WebSettingsLoad parse_web_config(std::string_view text, const std::string& file);

}  // namespace dnsexp
