#include "exporter/http/api.h"

#include <algorithm>
#include <exception>
#include <nlohmann/json.hpp>
#include <optional>

#include "exporter/base/log.h"
#include "exporter/http/local_peer.h"

namespace dnsexp {
namespace {

constexpr const char* kJsonType = "application/json";
constexpr const char* kJsonLinesType = "application/x-ndjson";

// The text may hold octets of the request: those that are no UTF-8 are replaced.
HttpResponse error_response(int status, const std::string& text) {
    const nlohmann::json body = {{"error", text}};
    return make_response(status, kJsonType,
                         body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

HttpResponse internal_error(std::string_view path, std::string what) {
    log_error("a request failed", {{"path", std::string(path)}, {"err", std::move(what)}});
    return error_response(500, "internal error; the log says more");
}

HttpResponse open_stream(const ApiEndpoint& endpoint, const HttpRequest& request) {
    auto stream = endpoint.open_stream(request.query);
    if (!stream) return error_response(400, stream.error().message());
    if (!stream.value()) return error_response(503, "there are as many listeners as there may be");
    HttpResponse response = make_response(200, kJsonLinesType, "");
    response.stream = std::move(stream).value();
    return response;
}

HttpResponse call(const ApiEndpoint& endpoint, const HttpRequest& request) {
    try {
        if (endpoint.open_stream) return open_stream(endpoint, request);
        auto body = endpoint.answer(request.query);
        if (!body) return error_response(400, body.error().message());
        return make_response(200, kJsonType, std::move(body).value());
    } catch (const std::exception& error) {
        return internal_error(request.path, error.what());
    } catch (...) {
        return internal_error(request.path, "an exception of unknown type");
    }
}

// A page that DNS led here has neither a password, which browsers keep by the page's own name, nor a reason
// to be asked about its name once it has one.
std::optional<HttpResponse> refusal(const HttpRequest& request) {
    if (request.authenticated) return {};
    if (!request.from_loopback)
        return error_response(403,
                              "names and clients are private: ask from this host, at its loopback address, "
                              "such as http://127.0.0.1:10153, or with a password or a verified client "
                              "certificate, which --web.config.file switches on");
    if (!request.host.empty() && !is_unresolved_host(request.host))
        return error_response(403,
                              "the Host header is a name that DNS may have led here: ask this host by its "
                              "address or as localhost, or with a password (--web.config.file)");
    return {};
}

}  // namespace

HttpResponse answer_api(const HttpRequest& request, const std::vector<ApiEndpoint>& endpoints) {
    if (auto refused = refusal(request)) return *std::move(refused);
    const auto found = std::find_if(endpoints.begin(), endpoints.end(), [&](const ApiEndpoint& endpoint) {
        return endpoint.path == request.path;
    });
    if (found == endpoints.end()) return error_response(404, "not found");
    if (request.method != "GET" && request.method != "HEAD") {
        HttpResponse response = error_response(405, "method not allowed: use GET or HEAD");
        response.headers.emplace_back("Allow", "GET, HEAD");
        return response;
    }
    return call(*found, request);
}

}  // namespace dnsexp
