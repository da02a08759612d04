// One request and its response on one libcurl handle.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "exporter/fetch/fetch.h"

namespace dnsexp {

struct EasyCloser {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct ListCloser {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// Pinned: libcurl holds pointers into it. The request and the sink must outlive it.
class Transfer {
  public:
    // Fails where the request is not fit to be sent: a URL, header or token that is refused.
    static Result<std::unique_ptr<Transfer>> make(const FetchRequest& request, const std::string& url,
                                                  const FetchSink* sink);
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    [[nodiscard]] CURL* easy() const { return easy_.get(); }
    // When the server last sent anything, or when the request was made.
    [[nodiscard]] std::chrono::steady_clock::time_point last_byte() const { return last_byte_; }

    // The response, once libcurl has finished with `code`.
    Result<FetchResponse> finish(CURLcode code);
    // Where a redirect (3xx with a Location) leads, as an absolute URL; else empty.
    [[nodiscard]] std::string redirect() const;
    // An error about this URL.
    [[nodiscard]] Error error(int errnum, std::string detail, std::string hint = "") const;

  private:
    Transfer(const FetchRequest& request, const std::string& url, const FetchSink* sink)
        : request_(request), url_(url), sink_(sink) {}
    Status add_headers();
    Status set_options();
    bool take_header(std::string_view line);
    bool take_body(std::string_view piece);
    static size_t on_header(char* data, size_t size, size_t count, void* self);
    static size_t on_body(char* data, size_t size, size_t count, void* self);
    [[nodiscard]] int status() const;
    [[nodiscard]] std::string header(const char* name) const;

    const FetchRequest& request_;
    const std::string url_;
    const FetchSink* sink_;
    std::unique_ptr<curl_slist, ListCloser> headers_;
    std::unique_ptr<CURL, EasyCloser> easy_;  // after the headers: it goes first
    char why_[CURL_ERROR_SIZE] = {};
    std::chrono::steady_clock::time_point last_byte_ = std::chrono::steady_clock::now();
    size_t header_octets_ = 0;
    std::optional<size_t> limit_passed_;  // octets
    FetchResponse response_;
};

}  // namespace dnsexp
