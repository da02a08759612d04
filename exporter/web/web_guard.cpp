#include "exporter/web/web_guard.h"

#include "exporter/base/clock.h"
#include "exporter/base/log.h"
#include "exporter/web/basic_credentials.h"
#include "exporter/web/client_policy.h"

namespace dnsexp {
namespace {

constexpr int kUnauthorized = 401;
constexpr int kTooManyRequests = 429;  // RFC 6585, 4
constexpr int kUnavailable = 503;

// What its TLS settings name is watched with the file itself.
std::vector<std::string> files_of(const std::string& path, const WebSettings& config) {
    std::vector<std::string> files = {path};
    for (const std::string& file : {config.tls.cert_file, config.tls.key_file, config.tls.client_ca_file})
        if (!file.empty()) files.push_back(file);
    return files;
}

// All errors in one line; their text tells the file.
Error error_of(const WebSettingsLoad& load) {
    std::string text;
    for (const ConfigError& error : load.errors) text += (text.empty() ? "" : " | ") + error.text();
    return {"use the web configuration", "", 0, std::move(text), ""};
}

Error in_file(const std::string& path, Error error) {
    error.operation.insert(0, path + ": ");
    return error;
}

void log_state(const char* message, const std::string& path, const WebSettings& config) {
    log_info(message, {{"file", path},
                       {"tls", config.tls.enabled() ? "on" : "off"},
                       {"users", std::to_string(config.users.size())}});
}

SslContext another_owner(const SslContext& context) {
    if (!context || SSL_CTX_up_ref(context.get()) != 1) return {};
    return SslContext(context.get());
}

}  // namespace

WebGuard::WebGuard(std::string path)
    : path_(std::move(path)),
      choose_([this] { return another_owner(current()->context); }),
      watched_({path_}) {}

Result<std::unique_ptr<WebGuard>> WebGuard::make(const std::string& path) {
    std::unique_ptr<WebGuard> guard(new WebGuard(path));
    if (auto status = guard->passwords_.make_secret(); !status) return status.error();
    auto settings = guard->read();
    if (!settings) return settings.error();
    guard->current_ = std::move(settings).value();
    if (guard->current_->context) {
        auto front = make_front_context(&guard->choose_);
        if (!front) return front.error();
        guard->front_ = std::move(front).value();
    }
    log_state("web configuration read", path, guard->current_->config);
    return guard;
}

// Stamps are taken before each file is read, so that a later change is never taken for what was read.
Result<WebGuard::Current> WebGuard::read() {
    seen_ = stamps_of(watched_);
    auto load = load_web_config(path_);
    if (!load) return error_of(load);
    const FileStamp own = seen_.front();
    watched_ = files_of(path_, load.config);
    seen_ = stamps_of(watched_);
    seen_.front() = own;

    auto settings = std::make_shared<InForce>();
    if (load.config.tls.enabled()) {
        auto context = make_tls_context(load.config.tls);
        if (!context) return in_file(path_, context.error());
        settings->context = std::move(context).value();
    }
    const bool same_limit = current_ && current_->limiter->limit() == load.config.rate_limit;
    settings->limiter =
        same_limit ? current_->limiter : std::make_shared<RateLimiter>(load.config.rate_limit);
    settings->config = std::move(load.config);
    return Current(std::move(settings));
}

void WebGuard::reread() {
    auto settings = read();
    std::string wrong = settings ? "" : settings.error().message();
    if (settings && (settings.value()->context == nullptr) != (front_ == nullptr))
        wrong = std::string("turning TLS ") + (front_ ? "off" : "on") + " takes a restart";
    if (!wrong.empty()) {
        log_error("the changed web configuration can't be used, the old one stays in force",
                  {{"file", path_}, {"err", wrong}});
        return;
    }
    current_ = std::move(settings).value();
    log_state("web configuration reread", path_, current_->config);
}

WebGuard::Current WebGuard::current() {
    const std::lock_guard lock(mutex_);
    const FileStamps stamps = stamps_of(watched_);
    if (stamps != seen_ && are_settled(stamps, unix_ns())) reread();
    return current_;
}

std::vector<std::pair<std::string, std::string>> WebGuard::headers() {
    return current()->config.headers;
}

WebVerdict WebGuard::judge(const WebRequest& request) {
    const Current settings = current();
    const WebSettings& config = settings->config;
    WebVerdict verdict;
    verdict.headers = config.headers;
    verdict.authenticated = is_verified_certificate(request.client_certificate);
    if (request.is_probe) return verdict;
    if (!settings->limiter->allow(std::chrono::nanoseconds(monotonic_ns()))) {
        verdict.refused = kTooManyRequests;
        return verdict;
    }
    if (config.users.empty()) return verdict;
    const auto credentials = basic_credentials(request.authorization);
    const auto result =
        credentials ? passwords_.check(config.users, credentials->user, credentials->password, request.peer)
                    : PasswordVerdict::wrong;
    if (result == PasswordVerdict::right) {
        verdict.authenticated = true;
        return verdict;
    }
    verdict.authenticated = false;
    verdict.refused = result == PasswordVerdict::busy ? kUnavailable : kUnauthorized;
    if (result == PasswordVerdict::wrong) verdict.headers.emplace_back("WWW-Authenticate", "Basic");
    if (result == PasswordVerdict::busy) verdict.headers.emplace_back("Retry-After", "1");
    return verdict;
}

std::vector<std::string> check_web_config(const std::string& path) {
    const auto load = load_web_config(path);
    std::vector<std::string> problems;
    for (const ConfigError& error : load.errors) problems.push_back(error.text());
    if (!problems.empty() || !load.config.tls.enabled()) return problems;
    if (const auto context = make_tls_context(load.config.tls); !context)
        problems.push_back(in_file(path, context.error()).message());
    return problems;
}

}  // namespace dnsexp
