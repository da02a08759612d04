// A request and a response as values.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dnsexp {

// Who asks for the metrics. Prometheus and its kin keep what they get, and say how long they wait for it
// (X-Prometheus-Scrape-Timeout-Seconds); others read a page and forget it.
enum class Scraper { collector, reader };

struct HttpRequest {
    std::string_view method;
    std::string_view path;             // as sent, without query; not decoded
    std::string_view accept_encoding;  // all its header lines, joined by commas
    Scraper scraper = Scraper::reader;
    std::string_view query = {};  // what follows `?`; not decoded
    std::string_view host = {};   // the Host header, all its lines joined by commas; empty: absent
    bool from_loopback = false;   // the peer has a loopback address
};

struct HttpResponse {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers;  // Content-Type and Content-Length included
    std::string body;  // also in the answer to HEAD, where it must not be sent
};

// A response with the security headers, without Content-Length.
HttpResponse make_response(int status, const char* content_type, std::string body);

}  // namespace dnsexp
