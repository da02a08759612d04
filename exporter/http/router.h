// Which request gets which response. No sockets here: a request comes in as values and a response goes out as
// values.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/base/result.h"

namespace dnsexp {

// Who asks for the metrics. Prometheus and its kin keep what they get, and say how long they wait for it
// (X-Prometheus-Scrape-Timeout-Seconds); others read a page and forget it.
enum class Scraper { collector, reader };

// Called on several threads at a time. What one throws becomes a response with status 500 and a line in the
// log.
struct HttpHandlers {
    std::function<std::string(Scraper)>
        metrics;                    // the exposition text; empty function: the telemetry path answers 404
    std::function<bool()> ready;    // whether DNS is being watched
    std::function<bool()> healthy;  // whether the process works
};

struct HttpRequest {
    std::string_view method;
    std::string_view path;             // as sent, without query; not decoded
    std::string_view accept_encoding;  // all its header lines, joined by commas
    Scraper scraper = Scraper::reader;
};

struct HttpResponse {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers;  // Content-Type and Content-Length included
    std::string body;  // also in the answer to HEAD, where it must not be sent
};

// A complete response of plain text, with the security headers.
HttpResponse text_response(int status, std::string body);

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
    [[nodiscard]] bool exists(std::string_view path) const;

    std::string telemetry_path_;
    HttpHandlers handlers_;
    std::string landing_page_;
};

}  // namespace dnsexp
