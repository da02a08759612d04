// Which request gets which response. No sockets here: a request comes in as values and a response goes out as
// values.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/base/result.h"
#include "exporter/http/api.h"
#include "exporter/http/message.h"

namespace dnsexp {

// Called on several threads at a time. What one throws becomes a response with status 500 and a line in the
// log.
struct HttpHandlers {
    std::function<std::string(Scraper)>
        metrics;                    // the exposition text; empty function: the telemetry path answers 404
    std::function<bool()> ready;    // whether DNS is being watched
    std::function<bool()> healthy;  // whether the process works
    std::vector<ApiEndpoint> api = {};
    std::function<Status()> reload = {};  // empty: the lifecycle API is off. The Error's text is sent
};

// A complete response of plain text, with the security headers.
HttpResponse text_response(int status, std::string body);

// Whether the path is that of health or readiness, which anybody may ask for.
bool is_probe_path(std::string_view path);

// An Error unless the path is absolute, made of unreserved characters and slashes (RFC 3986, 2.3), and not
// taken by another endpoint.
Status check_telemetry_path(std::string_view path);

// Immutable once made, so any number of threads may call respond().
class Router {
  public:
    Router(std::string telemetry_path, HttpHandlers handlers);

    [[nodiscard]] HttpResponse respond(const HttpRequest& request) const;

  private:
    [[nodiscard]] HttpResponse answer(const HttpRequest& request) const;
    [[nodiscard]] HttpResponse metrics(const HttpRequest& request) const;
    [[nodiscard]] HttpResponse reload(const HttpRequest& request) const;
    [[nodiscard]] HttpResponse read(const HttpRequest& request) const;
    [[nodiscard]] bool is_readable(std::string_view path) const;
    [[nodiscard]] std::string_view logged_path(std::string_view path) const;

    std::string telemetry_path_;
    HttpHandlers handlers_;
    std::string landing_page_;
};

}  // namespace dnsexp
