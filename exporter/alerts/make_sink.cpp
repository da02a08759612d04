#include "exporter/alerts/make_sink.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <utility>

#include "exporter/alerts/alert_json.h"
#include "exporter/alerts/alertmanager_json.h"
#include "exporter/alerts/file_sink.h"
#include "exporter/alerts/http_sink.h"
#include "exporter/alerts/syslog_address.h"
#include "exporter/alerts/syslog_message.h"
#include "exporter/alerts/syslog_sink.h"
#include "exporter/base/clock.h"
#include "exporter/fetch/url.h"

namespace dnsexp {
namespace {

// This host's name where it is of RFC 5424's HOSTNAME (6: PRINTUSASCII), else empty.
std::string host_name() {
    std::array<char, 256> text{};  // RFC 5424, 6: at most 255 octets
    if (gethostname(text.data(), text.size() - 1) != 0) return "";
    const std::string name = text.data();
    return std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7f; }) ? name : "";
}

bool has_content_type(const std::vector<std::string>& headers) {
    constexpr std::string_view name = "content-type:";
    return std::any_of(headers.begin(), headers.end(), [&](const std::string& header) {
        return header.size() >= name.size() &&
               std::equal(name.begin(), name.end(), header.begin(),
                          [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); });
    });
}

Result<MadeSink> make_syslog(const AlertDestination& destination) {
    const auto facility = syslog_facility(destination.facility);
    if (!facility)
        return Error{"syslog facility", destination.facility, 0, "there is no such facility",
                     "see RFC 5424, 6.2.1: daemon, authpriv, local0 and so on"};
    auto address = parse_syslog_address(destination.address);
    if (!address) return std::move(address).error();
    const SyslogIdentity identity{*facility, host_name(), static_cast<uint32_t>(getpid())};
    return MadeSink{"syslog:" + destination.address,
                    std::make_unique<SyslogSink>(std::move(address).value(), identity)};
}

Result<MadeSink> make_http(const AlertDestination& destination,
                           std::shared_ptr<const std::atomic<uint32_t>> window_seconds) {
    const auto origin = url_origin(destination.url);
    if (!origin) return origin.error();
    auto fetcher = Fetcher::make();
    if (!fetcher) return std::move(fetcher).error();
    const std::string where = origin.value().host + ":" + origin.value().port;
    const bool is_alertmanager = destination.type == DestinationType::alertmanager;
    FetchRequest request;
    request.method = FetchMethod::post;
    request.url = is_alertmanager ? alertmanager_url(destination.url) : destination.url;
    request.headers = destination.headers;
    if (!has_content_type(request.headers)) request.headers.emplace_back("Content-Type: application/json");
    request.ca_file = destination.ca_file;
    request.bearer_token_file = destination.bearer_token_file;
    HttpSink::Body body;
    if (is_alertmanager)
        body = [host = host_name(), window = std::move(window_seconds)](const std::vector<Alert>& batch) {
            return alertmanager_json(batch, host, *window, unix_ns());
        };
    else
        body = [host = host_name()](const std::vector<Alert>& batch) { return webhook_json(batch, host); };
    return MadeSink{
        (is_alertmanager ? "alertmanager:" : "webhook:") + where,
        std::make_unique<HttpSink>(std::move(fetcher).value(), std::move(request), where, std::move(body))};
}

}  // namespace

Result<MadeSink> make_sink(const AlertDestination& destination,
                           std::shared_ptr<const std::atomic<uint32_t>> window_seconds) {
    switch (destination.type) {
        case DestinationType::file:
            if (destination.path.empty()) return Error{"alert file", "", 0, "it has no path", "give one"};
            return MadeSink{"file:" + destination.path, std::make_unique<FileSink>(destination.path)};
        case DestinationType::syslog:
            return make_syslog(destination);
        case DestinationType::webhook:
        case DestinationType::alertmanager:
            return make_http(destination, std::move(window_seconds));
    }
    return Error{"alert destination", "", 0, "its type is not known", ""};
}

}  // namespace dnsexp
