#include "exporter/fetch/fetch.h"

#include <curl/curl.h>

#include <algorithm>
#include <cerrno>

#include "exporter/fetch/transfer.h"
#include "exporter/fetch/url.h"

namespace dnsexp {
namespace {

using Clock = std::chrono::steady_clock;

// The longest sleep between two looks at the clocks; a stop request cuts it short.
constexpr std::chrono::milliseconds kLongestPoll{1'000};

// Whether the request may go on: neither stopped nor silent for too long.
std::optional<Error> reason_to_end(const Transfer& transfer, const FetchRequest& request,
                                   const std::stop_token& stop) {
    if (stop.stop_requested()) return transfer.error(ECANCELED, "");
    const auto silent = Clock::now() - transfer.last_byte();
    if (request.idle_timeout.count() > 0 && silent >= request.idle_timeout)
        return transfer.error(ETIMEDOUT,
                              "nothing came for " + std::to_string(request.idle_timeout.count()) + " ms");
    return std::nullopt;
}

int milliseconds_to_poll(const Transfer& transfer, const FetchRequest& request) {
    auto wait = kLongestPoll;
    if (request.idle_timeout.count() > 0) {
        const auto left = transfer.last_byte() + request.idle_timeout - Clock::now();
        wait = std::clamp(std::chrono::ceil<std::chrono::milliseconds>(left), std::chrono::milliseconds(0),
                          wait);
    }
    return static_cast<int>(wait.count());
}

// Runs the handle to its end. The multi interface, since it can be woken for a stop.
Result<CURLcode> run(CURLM* multi, const Transfer& transfer, const FetchRequest& request,
                     const std::stop_token& stop) {
    const auto failed = [&](CURLMcode code) { return transfer.error(0, curl_multi_strerror(code)); };
    const std::stop_callback wake(stop, [multi] { curl_multi_wakeup(multi); });
    for (;;) {
        int running = 0;
        if (const CURLMcode code = curl_multi_perform(multi, &running); code != CURLM_OK) return failed(code);
        if (running == 0) break;
        if (auto error = reason_to_end(transfer, request, stop)) return std::move(*error);
        const int wait = milliseconds_to_poll(transfer, request);
        if (const CURLMcode code = curl_multi_poll(multi, nullptr, 0, wait, nullptr); code != CURLM_OK)
            return failed(code);
    }
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left))
        if (message->msg == CURLMSG_DONE && message->easy_handle == transfer.easy())
            return message->data.result;
    return transfer.error(0, "libcurl gave no result");
}

}  // namespace

Result<std::unique_ptr<Fetcher>> Fetcher::make() {
    // Once in the program's life, and never undone: libcurl's own state is then there for every thread.
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (started != CURLE_OK) return Error{"start libcurl", "", 0, curl_easy_strerror(started), ""};
    CURLM* multi = curl_multi_init();
    if (multi == nullptr) return Error{"start libcurl", "", ENOMEM, "", ""};
    return std::unique_ptr<Fetcher>(new Fetcher(multi));
}

Fetcher::~Fetcher() {
    curl_multi_cleanup(multi_);
}

Result<FetchResponse> Fetcher::perform(const FetchRequest& request, const std::string& url,
                                       const FetchSink* sink, const std::stop_token& stop,
                                       std::string& redirect) {
    auto transfer = Transfer::make(request, url, sink);
    if (!transfer) return std::move(transfer).error();
    Transfer& one = **transfer;
    if (const CURLMcode code = curl_multi_add_handle(multi_, one.easy()); code != CURLM_OK)
        return one.error(0, curl_multi_strerror(code));
    auto code = run(multi_, one, request, stop);
    curl_multi_remove_handle(multi_, one.easy());
    if (!code) return std::move(code).error();
    redirect = one.redirect();
    return one.finish(*code);
}

Result<FetchResponse> Fetcher::follow(const FetchRequest& request, const FetchSink* sink,
                                      const std::stop_token& stop) {
    const auto origin = url_origin(request.url);
    if (!origin) return origin.error();
    std::string url = request.url;
    for (int left = request.max_redirects;; --left) {
        std::string redirect;
        auto response = perform(request, url, sink, stop, redirect);
        const bool followed = request.method == FetchMethod::get && request.max_redirects > 0;
        if (!response || redirect.empty() || !followed) return response;
        const auto refused = [&](const char* why) { return Error{"fetch", shown_url(url), 0, why, ""}; };
        if (left == 0) return refused("too many redirects");
        const auto next = url_origin(redirect);
        if (!next || next.value() != origin.value())
            return refused("redirected to another host, port or scheme");
        url = redirect;
    }
}

Result<FetchResponse> Fetcher::fetch(const FetchRequest& request, const std::stop_token& stop) {
    return follow(request, nullptr, stop);
}

Result<FetchResponse> Fetcher::stream(const FetchRequest& request, const FetchSink& sink,
                                      const std::stop_token& stop) {
    return follow(request, &sink, stop);
}

}  // namespace dnsexp
