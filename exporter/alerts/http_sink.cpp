#include "exporter/alerts/http_sink.h"

#include <utility>

namespace dnsexp {
namespace {

// RFC 9110, 15; RFC 6585, 4.
constexpr int kBadRequest = 400;
constexpr int kContentTooLarge = 413;
constexpr int kUnprocessable = 422;

// About the alerts themselves. All else (a token that ended, a proxy without its server) may be mended while
// they wait.
bool is_refusal(int status) {
    return status == kBadRequest || status == kContentTooLarge || status == kUnprocessable;
}

std::string hint(int status) {
    if (status >= 300 && status < 400) return "redirects are not followed: give the URL that it leads to";
    if (status == 401 || status == 403) return "look at bearer_token_file and headers";
    return status == 404 || status == 405 ? "look at the URL's path" : "";
}

}  // namespace

HttpSink::HttpSink(std::unique_ptr<Fetcher> fetcher, FetchRequest request, std::string where, Body body)
    : fetcher_(std::move(fetcher)),
      request_(std::move(request)),
      where_(std::move(where)),
      body_(std::move(body)) {}

Delivery HttpSink::deliver(const std::vector<Alert>& batch, const std::stop_token& stop) {
    Delivery delivery;
    request_.body = body_(batch);
    // The status is the whole answer: whatever a 2xx says is passed over, however long.
    const FetchSink ignored{.on_start = {}, .on_piece = [](std::string_view) { return true; }};
    const auto response = fetcher_->stream(request_, ignored, stop);
    if (!response) {
        delivery.error = response.error();
        delivery.error->operation = "post alerts to";
        delivery.error->object = where_;
        return delivery;
    }
    const int status = response.value().status;
    if (status >= 200 && status < 300) {
        delivery.delivered = batch.size();
        return delivery;
    }
    delivery.error =
        Error{"post alerts to", where_, 0, "HTTP status " + std::to_string(status), hint(status)};
    delivery.is_refused = is_refusal(status);
    delivery.retry_after = response.value().retry_after;
    return delivery;
}

}  // namespace dnsexp
