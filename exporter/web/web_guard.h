// What --web.config.file asks of each connection and request: TLS, credentials, the rate, headers. Rereads
// the file, and those it names, when they change.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/base/result.h"
#include "exporter/web/file_stamps.h"
#include "exporter/web/password_check.h"
#include "exporter/web/rate_limiter.h"
#include "exporter/web/tls_context.h"
#include "exporter/web/web_config.h"

namespace dnsexp {

struct WebRequest {
    std::string_view authorization;            // the header; empty: absent
    std::string_view peer;                     // an address
    bool is_probe = false;                     // of health or readiness: neither password nor rate count
    const void* client_certificate = nullptr;  // the X509 of the handshake; null: none was sent
};

struct WebVerdict {
    int refused = 0;  // 0: let through; else 401, 429 or 503
    bool authenticated = false;
    std::vector<std::pair<std::string, std::string>>
        headers;  // for the response, in place of others so named
};

// judge() and what TLS calls are thread-safe.
class WebGuard {
  public:
    // Errors: what is wrong with the file or a file that it names.
    static Result<std::unique_ptr<WebGuard>> make(const std::string& path);
    WebGuard(const WebGuard&) = delete;
    WebGuard& operator=(const WebGuard&) = delete;

    // The SSL_CTX that connections begin with, which this object owns; null where TLS is off. Does not
    // change.
    [[nodiscard]] void* tls_context() const { return front_.get(); }

    [[nodiscard]] WebVerdict judge(const WebRequest& request);
    // The headers alone, for a response to what is no request.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> headers();

  private:
    struct InForce {
        WebSettings config;
        SslContext context;  // null: TLS is off
        std::shared_ptr<RateLimiter> limiter;
    };
    using Current = std::shared_ptr<const InForce>;

    explicit WebGuard(std::string path);
    Result<Current> read();
    // What is in force, after a look at the files.
    Current current();
    void reread();

    const std::string path_;
    const ChooseContext choose_;
    SslContext front_;
    PasswordCheck passwords_;
    std::mutex mutex_;  // guards what follows
    std::vector<std::string> watched_;
    FileStamps seen_;  // of watched_, from before they were read
    Current current_;
};

// Each error of the file, and then what is wrong with those it names, a line each; none: it can be used.
std::vector<std::string> check_web_config(const std::string& path);

}  // namespace dnsexp
