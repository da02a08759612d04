// A request and a response as values.
#pragma once

#include <functional>
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
    std::string_view query = {};          // what follows `?`; not decoded
    std::string_view host = {};           // the Host header, all its lines joined by commas; empty: absent
    bool from_loopback = false;           // the peer has a loopback address
    bool authenticated = false;           // by password, or by a client certificate that was verified
    std::string_view if_none_match = {};  // all its header lines, joined by commas
};

// Writes a body whose length nobody knows, by calling `write` until that says that nobody takes any more: the
// peer is gone or too slow, or the server ends. It is called at least once a second, so that the end is
// noticed; empty text sends nothing.
using StreamBody = std::function<void(const std::function<bool(std::string_view)>& write)>;

// So many threads are there for streams: who opens more of them at a time takes them from the scrapes.
inline constexpr unsigned kStreamsMax = 4;

struct HttpResponse {
    int status = 200;
    std::vector<std::pair<std::string, std::string>>
        headers;             // Content-Type and, but for 304 and streams, Content-Length included
    std::string body;        // also in the answer to HEAD, where it must not be sent
    StreamBody stream = {};  // in place of a body
};

// A response with the security headers, without Content-Length.
HttpResponse make_response(int status, const char* content_type, std::string body);

// Gives the response these headers in place of its own of the same names (RFC 9110, 5.1: in any case).
void set_headers(HttpResponse& response, const std::vector<std::pair<std::string, std::string>>& headers);

}  // namespace dnsexp
