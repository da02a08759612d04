#include <cerrno>

#include "exporter/app/feed.h"
#include "exporter/fetch/fetch.h"
#include "exporter/fetch/url.h"
#include "exporter/terminal/reading.h"
#include "exporter/terminal/text.h"

namespace dnsexp {
namespace {

constexpr std::chrono::milliseconds kConnectTimeout{2'000};
constexpr std::chrono::milliseconds kTotalTimeout{5'000};
constexpr int kOk = 200;
constexpr int kNotFound = 404;

class HttpFeed final : public Feed {
  public:
    HttpFeed(std::unique_ptr<Fetcher> fetcher, std::string url)
        : fetcher_(std::move(fetcher)), url_(std::move(url)) {}

    Result<std::string> get(std::string_view path_and_query) override {
        FetchRequest request;
        request.url = url_ + std::string(path_and_query);
        request.connect_timeout = kConnectTimeout;
        request.total_timeout = kTotalTimeout;
        auto response = fetcher_->fetch(request);
        if (!response) {
            Error error = std::move(response).error();
            error.object = escaped(error.object);
            error.detail = escaped(error.detail);
            if (error.hint.empty()) error.hint = "is the exporter running, and does it listen there?";
            return error;
        }
        if (response->status == kOk) return std::move(response->body);
        const std::string said = std::to_string(response->status) + ": " + error_text(response->body);
        const int errnum = response->status == kNotFound ? ENOENT : 0;
        return Error{"ask", escaped(shown_url(request.url)), errnum, "it answered " + said, ""};
    }

    [[nodiscard]] std::string source() const override {
        std::string shown = escaped(shown_url(url_));
        if (shown.ends_with('/')) shown.pop_back();
        return shown;
    }

  private:
    std::unique_ptr<Fetcher> fetcher_;
    std::string url_;  // without a slash at the end
};

}  // namespace

Result<std::unique_ptr<Feed>> make_http_feed(const std::string& url) {
    if (const auto origin = url_origin(url); !origin) return origin.error();
    auto fetcher = Fetcher::make();
    if (!fetcher) return fetcher.error();
    const size_t end = url.find_last_not_of('/') + 1;  // there is one: the host
    return std::unique_ptr<Feed>(std::make_unique<HttpFeed>(std::move(fetcher).value(), url.substr(0, end)));
}

}  // namespace dnsexp
