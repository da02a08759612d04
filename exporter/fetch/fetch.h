// HTTP requests to what the user configured: an API server, a feed, a webhook. The only user of libcurl.
//
// It asks DNS for nothing but the hosts of the URLs that it is given. Proxies of the environment
// (https_proxy, no_proxy ...) are used as by other programs, but never for a loopback address. TLS is at
// least 1.2 and always verified; HTTP is 1.1.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/base/result.h"

namespace dnsexp {

enum class FetchMethod { get, post };

struct FetchRequest {
    FetchMethod method = FetchMethod::get;
    std::string url;                   // http:// or https://, nothing else
    std::vector<std::string> headers;  // "Name: value", without control characters
    std::string body;                  // of a POST
    std::string ca_file;  // PEM: the only authorities that are trusted; empty: those of the system
    // Sent as "Authorization: Bearer" and read anew for each request, since such tokens rotate. Over http://
    // it is refused unless the host is loopback.
    std::string bearer_token_file;
    std::chrono::milliseconds connect_timeout{5'000};  // name, TCP and TLS together
    std::chrono::milliseconds total_timeout{30'000};   // 0: none
    std::chrono::milliseconds idle_timeout{0};         // without any byte from the server; 0: none
    size_t max_body = 16 << 20;  // octets; more is an error (streams: of what is not 2xx)
    // Redirects that a GET follows, within scheme, host and port of the URL. 0: a 3xx is the answer.
    int max_redirects = 0;
};

struct FetchResponse {
    int status = 0;    // 100..599
    std::string body;  // empty for the 2xx of a stream
    // Headers as they came, or empty where absent, longer than 1,024 octets or not printable ASCII.
    std::string etag, last_modified;
    std::optional<std::chrono::seconds> retry_after;  // RFC 9110, 10.2.3; a date as its distance from now
    bool stopped = false;                             // the stream's sink had enough
};

// Takes a stream as it comes. Neither function may throw.
struct FetchSink {
    std::function<void()> on_start;                  // the response is 2xx; its body begins. May be empty
    std::function<bool(std::string_view)> on_piece;  // false: enough, close the connection
};

// Keeps connections open between requests. Not thread-safe: one thread at a time.
class Fetcher {
  public:
    // Fails where libcurl can't start. The first call must not race with other users of libcurl's global
    // state.
    static Result<std::unique_ptr<Fetcher>> make();
    ~Fetcher();
    Fetcher(const Fetcher&) = delete;
    Fetcher& operator=(const Fetcher&) = delete;

    // The whole response, of any status. An error where none came in full: errno is ETIMEDOUT, ECANCELED
    // (stop was requested; noticed at once) or EFBIG (max_body) in these cases. Errors name the URL without
    // credentials, query and fragment.
    Result<FetchResponse> fetch(const FetchRequest& request, const std::stop_token& stop = {});

    // The body of a 2xx goes to the sink in pieces of any size; that of other responses is in the result.
    Result<FetchResponse> stream(const FetchRequest& request, const FetchSink& sink,
                                 const std::stop_token& stop = {});

  private:
    explicit Fetcher(void* multi) : multi_(multi) {}
    Result<FetchResponse> follow(const FetchRequest& request, const FetchSink* sink,
                                 const std::stop_token& stop);
    Result<FetchResponse> perform(const FetchRequest& request, const std::string& url, const FetchSink* sink,
                                  const std::stop_token& stop, std::string& redirect);

    void* multi_;  // CURLM: libcurl's types stay out of other rooms
};

}  // namespace dnsexp
