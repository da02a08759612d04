#include "exporter/blocklist/list_feed.h"

#include <utility>

#include "exporter/fetch/url.h"

namespace dnsexp {
namespace {

using namespace std::chrono_literals;

constexpr int kOk = 200;
constexpr int kNotModified = 304;
constexpr int kNotFound = 404;
constexpr int kGone = 410;
constexpr auto kTotalTimeout = 5min;
constexpr auto kIdleTimeout = 30s;
constexpr size_t kMaxErrorPage = 65'536;  // its text is not used
constexpr int kMaxRedirects = 5;

Error failed(const std::string& url, int status) {
    Error error{"fetch blocklist", shown_url(url), 0, "HTTP status " + std::to_string(status), ""};
    if (status >= 300 && status < 400)
        error.hint = "it has moved: give its new URL";
    else if (status == kNotFound || status == kGone)
        error.hint = "look whether the URL is right";
    return error;
}

}  // namespace

ListFeed::Answer ListFeed::ask(Fetcher& fetcher, const std::stop_token& stop) {
    FetchRequest request;
    request.url = url_;
    if (!etag_.empty()) request.headers.push_back("If-None-Match: " + etag_);
    if (!last_modified_.empty()) request.headers.push_back("If-Modified-Since: " + last_modified_);
    request.total_timeout = kTotalTimeout;
    request.idle_timeout = kIdleTimeout;
    request.max_body = kMaxErrorPage;
    request.max_redirects = kMaxRedirects;

    ListLoader loader(shown_url(url_), format_, seed_);
    size_t total = 0;
    const FetchSink sink{{}, [&](std::string_view piece) {
                             total += piece.size();
                             return total <= most_octets && loader.add(piece);
                         }};
    auto response = fetcher.stream(request, sink, stop);
    if (!response) return {std::move(response).error(), {}};
    const int status = response->status;
    const bool conditional = !etag_.empty() || !last_modified_.empty();
    if (status == kNotModified && conditional) return {};
    if (status != kOk) return {failed(url_, status), response->retry_after};
    if (total > most_octets)
        return {Error{"fetch blocklist", shown_url(url_), 0, "it is larger than 64 MiB", "split it"}, {}};
    new_etag_ = std::move(response->etag);
    new_last_modified_ = std::move(response->last_modified);
    return {std::move(loader).finish(), {}};
}

void ListFeed::accepted() {
    etag_ = std::exchange(new_etag_, {});
    last_modified_ = std::exchange(new_last_modified_, {});
}

}  // namespace dnsexp
