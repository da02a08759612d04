#include "exporter/app/watch_session.h"

#include <algorithm>
#include <cerrno>

namespace dnsexp {
namespace {

template <typename Row>
std::vector<std::string> identities(const std::vector<Row>& rows) {
    std::vector<std::string> all;
    all.reserve(rows.size());
    for (const Row& row : rows) all.push_back(identity(row));
    return all;
}

}  // namespace

WatchSession::WatchSession(Feed& feed, double slower_than_seconds, History history)
    : feed_(feed), slower_than_seconds_(slower_than_seconds), history_(std::move(history)) {}

Status WatchSession::ask() {
    const Status status = ask_all();
    if (status) {
        patience_.worked();
        notice_.clear();
        has_begun_ = true;
        return ok();
    }
    if (!has_begun_) return status.error();
    if (auto last = patience_.failed(status.error())) return std::move(*last);
    notice_ = status.error().message();
    return ok();
}

Status WatchSession::ask_all() {
    news_.clear();
    const auto summary_json = feed_.get("/api/v1/summary");
    if (!summary_json) return summary_json.error();
    auto summary = read_summary(summary_json.value());
    if (!summary) return summary.error();
    const auto slow_json = feed_.get("/api/v1/slow");
    if (!slow_json) return slow_json.error();
    auto slow = read_slow(slow_json.value());
    if (!slow) return slow.error();
    if (auto status = ask_alerts(); !status) return status;
    history_.add(std::move(summary).value());
    slow_ = std::move(slow).value();
    slow_.rows = slower_than(slow_.rows, slower_than_seconds_);
    gather_news();
    return ok();
}

Status WatchSession::ask_alerts() {
    if (!has_alerts_) return ok();
    const auto json = feed_.get("/api/v1/alerts");
    if (!json) {
        has_alerts_ = json.error().errnum != ENOENT;
        return has_alerts_ ? Status(json.error()) : ok();
    }
    auto alerts = read_alerts(json.value());
    if (!alerts) return alerts.error();
    alerts_ = std::move(alerts).value();
    return ok();
}

void WatchSession::gather_news() {
    const auto take = [&](Newcomers& newcomers, const auto& rows, auto plain) {
        std::vector<size_t> found = newcomers.of(identities(rows));
        std::reverse(found.begin(), found.end());  // the newest is first in the answers
        if (!has_begun_) return;
        for (const size_t i : found) news_.push_back(plain(rows[i]));
    };
    take(new_slow_, slow_.rows, plain_slow);
    if (alerts_) take(new_alerts_, *alerts_, plain_alert);
}

View WatchSession::view() const {
    View view = make_view(history_);
    view.source = feed_.source();
    view.notice = notice_;
    view.slow_threshold_seconds = std::max(slower_than_seconds_, slow_.threshold_seconds);
    view.slow = slow_.rows;
    view.alerts = alerts_;
    return view;
}

}  // namespace dnsexp
