#include "exporter/http/api.h"

#include <algorithm>
#include <exception>
#include <nlohmann/json.hpp>

#include "exporter/base/log.h"
#include "exporter/http/local_peer.h"

namespace dnsexp {
namespace {

constexpr const char* kJsonType = "application/json";

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

HttpResponse call(const ApiEndpoint& endpoint, const HttpRequest& request) {
    try {
        auto body = endpoint.answer(request.query);
        if (!body) return error_response(400, body.error().message());
        return make_response(200, kJsonType, std::move(body).value());
    } catch (const std::exception& error) {
        return internal_error(request.path, error.what());
    } catch (...) {
        return internal_error(request.path, "an exception of unknown type");
    }
}

}  // namespace

HttpResponse answer_api(const HttpRequest& request, const std::vector<ApiEndpoint>& endpoints) {
    if (!request.from_loopback)
        return error_response(403,
                              "names and clients are private: ask from this host, at its loopback address, "
                              "such as http://127.0.0.1:10153");
    if (!request.host.empty() && !is_unresolved_host(request.host))
        return error_response(403,
                              "the Host header is a name that DNS may have led here: ask this host by its "
                              "address or as localhost");
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
