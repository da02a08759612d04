#include "exporter/app/feed.h"

#include "exporter/base/log.h"
#include "exporter/http/listen_address.h"
#include "exporter/terminal/reading.h"

namespace dnsexp {
namespace {

constexpr const char* kProbe = "/api/v1/summary";

const std::string& url_of(const Flags& flags) {
    return flags.command == Command::chains ? flags.chains.url : flags.watch.url;
}

// The exporter of this host, if it answers; else why not.
Result<std::unique_ptr<Feed>> running_exporter(const std::string& url) {
    auto feed = make_http_feed(url);
    if (!feed) return feed;
    const auto answer = feed.value()->get(kProbe);
    if (!answer) return answer.error();
    if (const auto summary = read_summary(answer.value()); !summary) return summary.error();
    return feed;
}

}  // namespace

std::optional<std::string> local_url(const std::vector<std::string>& listen_addresses) {
    if (listen_addresses.empty()) return {};
    const auto address = parse_listen_address(listen_addresses.front());
    if (!address || address.value().port == 0) return {};
    const ListenAddress& where = address.value();
    const bool is_wildcard = where.family == ListenFamily::any || where.host == "0.0.0.0";
    return "http://" +
           to_string(is_wildcard ? ListenAddress{ListenFamily::ipv4, "127.0.0.1", where.port} : where);
}

Result<std::unique_ptr<Feed>> make_feed(const Config& config, const Flags& flags) {
    if (const std::string& url = url_of(flags); !url.empty()) {
        auto feed = make_http_feed(url);
        if (feed) log_info("asking an exporter", {{"url", feed.value()->source()}});
        return feed;
    }
    std::string reason = "it has no address that is known";
    if (const auto url = local_url(effective_listen_addresses(config, flags))) {
        auto feed = running_exporter(*url);
        if (feed) {
            log_info("asking the exporter of this host", {{"url", *url}});
            return feed;
        }
        reason = feed.error().message();
    }
    log_info("no exporter to ask: loading programs of its own", {{"err", reason}});
    return make_own_feed(config, flags);
}

std::optional<Error> Patience::failed(const Error& error, Clock::time_point now) {
    if (!since_) since_ = now;
    if (now - *since_ < limit) return {};
    return error;
}

}  // namespace dnsexp
