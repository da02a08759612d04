#include "exporter/http/router.h"

#include <exception>

#include "exporter/base/log.h"
#include "exporter/http/assets.h"
#include "exporter/http/content_coding.h"
#include "exporter/http/landing_page.h"

namespace dnsexp {
namespace {

constexpr std::string_view kHealthyPath = "/-/healthy";
constexpr std::string_view kReadyPath = "/-/ready";
constexpr std::string_view kReloadPath = "/-/reload";
// Prometheus's text format, version 0.0.4.
constexpr const char* kExpositionType = "text/plain; version=0.0.4; charset=utf-8";
constexpr const char* kTextType = "text/plain; charset=utf-8";
constexpr const char* kHtmlType = "text/html; charset=utf-8";

HttpResponse state(bool good, const char* yes, const char* no) {
    return good ? make_response(200, kTextType, yes) : make_response(503, kTextType, no);
}

HttpResponse internal_error(std::string_view path, std::string what) {
    log_error("a request failed", {{"path", std::string(path)}, {"err", std::move(what)}});
    return make_response(500, kTextType, "internal error; the log says more\n");
}

HttpResponse method_not_allowed(const char* allowed) {
    HttpResponse response = make_response(405, kTextType, "method not allowed\n");
    response.headers.emplace_back("Allow", allowed);
    return response;
}

std::vector<std::string> paths_of(const std::vector<ApiEndpoint>& endpoints) {
    std::vector<std::string> paths;
    paths.reserve(endpoints.size());
    for (const ApiEndpoint& endpoint : endpoints) paths.push_back(endpoint.path);
    return paths;
}

}  // namespace

HttpResponse text_response(int status, std::string body) {
    HttpResponse response = make_response(status, kTextType, std::move(body));
    response.headers.emplace_back("Content-Length", std::to_string(response.body.size()));
    return response;
}

bool is_probe_path(std::string_view path) {
    return path == kHealthyPath || path == kReadyPath;
}

Status check_telemetry_path(std::string_view path) {
    const auto refused = [&](std::string detail) {
        return Error{"use telemetry path", "\"" + std::string(path) + "\"", 0, std::move(detail),
                     "choose another with --web.telemetry-path, such as /metrics"};
    };
    constexpr std::string_view allowed =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
    if (path.empty() || path.front() != '/') return refused("it does not start with /");
    if (path.find_first_not_of(allowed) != std::string_view::npos)
        return refused("only letters, digits and - . _ ~ / are allowed");
    if (path.substr(0, 2) == "//") return refused("browsers take what follows // for a host");
    if (path == "/" || is_probe_path(path) || path == kReloadPath || path.starts_with(kApiRoot) ||
        path.starts_with(kAssetRoot))
        return refused("another endpoint has it");
    return ok();
}

Router::Router(std::string telemetry_path, HttpHandlers handlers)
    : telemetry_path_(std::move(telemetry_path)),
      handlers_(std::move(handlers)),
      landing_page_(landing_page(handlers_.metrics ? telemetry_path_ : "", paths_of(handlers_.api))) {}

bool Router::is_readable(std::string_view path) const {
    return path == "/" || is_probe_path(path) || (path == telemetry_path_ && handlers_.metrics) ||
           find_asset(path) != nullptr;
}

// What a client made up is not for the log.
std::string_view Router::logged_path(std::string_view path) const {
    return is_readable(path) || path == kReloadPath ? path : "(other)";
}

HttpResponse Router::metrics(const HttpRequest& request) const {
    std::string text = handlers_.metrics(request.scraper);
    const bool compress = accepts_gzip(request.accept_encoding);
    if (compress) {
        auto compressed = gzip(text);
        if (!compressed) return internal_error(request.path, compressed.error().message());
        text = std::move(compressed).value();
    }
    HttpResponse response = make_response(200, kExpositionType, std::move(text));
    response.headers.emplace_back("Vary", "Accept-Encoding");
    if (compress) response.headers.emplace_back("Content-Encoding", "gzip");
    return response;
}

// The methods and the statuses are Prometheus's.
HttpResponse Router::reload(const HttpRequest& request) const {
    if (request.method != "POST" && request.method != "PUT") return method_not_allowed("POST, PUT");
    if (!handlers_.reload)
        return make_response(403, kTextType,
                             "the lifecycle API is off: start with --web.enable-lifecycle, or send SIGHUP\n");
    if (const Status status = handlers_.reload(); !status)
        return make_response(500, kTextType, "not reloaded: " + status.error().message() + "\n");
    return make_response(200, kTextType, "reloaded\n");
}

HttpResponse Router::answer(const HttpRequest& request) const {
    if (request.path.starts_with(kApiRoot)) return answer_api(request, handlers_.api);
    if (request.path == kReloadPath) return reload(request);
    if (!is_readable(request.path)) return make_response(404, kTextType, "not found\n");
    if (request.method != "GET" && request.method != "HEAD") return method_not_allowed("GET, HEAD");
    return read(request);
}

HttpResponse Router::read(const HttpRequest& request) const {
    if (request.path == kHealthyPath) return state(handlers_.healthy(), "healthy\n", "not healthy\n");
    if (request.path == kReadyPath) return state(handlers_.ready(), "ready\n", "not ready\n");
    if (request.path == "/") return make_response(200, kHtmlType, landing_page_);
    if (const Asset* asset = find_asset(request.path)) return asset_response(*asset, request.if_none_match);
    return metrics(request);
}

HttpResponse Router::respond(const HttpRequest& request) const {
    HttpResponse response;
    try {
        response = answer(request);
    } catch (const std::exception& error) {
        response = internal_error(logged_path(request.path), error.what());
    } catch (...) {
        response = internal_error(logged_path(request.path), "an exception of unknown type");
    }
    // A 304 would have to tell the length of what it does not send (RFC 9110, 8.6); nobody knows a stream's.
    if (response.status != 304 && !response.stream)
        response.headers.emplace_back("Content-Length", std::to_string(response.body.size()));
    return response;
}

}  // namespace dnsexp
