#include "exporter/app/security_desk.h"

#include <string>
#include <utility>

#include "exporter/app/alert_text.h"
#include "exporter/app/security_metrics.h"
#include "exporter/base/clock.h"

namespace dnsexp {
namespace {

constexpr uint64_t tick_ns = 1'000'000'000;  // as SecurityWatch::tick() wants it

// Whoever reloads often does not ask the servers of feeds as often; files are followed anyway.
constexpr std::chrono::seconds list_reload_interval{10};

}  // namespace

SecurityDesk::SecurityDesk(const Config& config, std::unique_ptr<Blocklists> lists,
                           std::unique_ptr<AlertDispatcher> dispatcher)
    : lists_(std::move(lists)),
      dispatcher_(std::move(dispatcher)),
      watch_(config.security, config.alerting.window_seconds, lists_.get(),
             [this](Finding finding) { found_.push_back(std::move(finding)); }) {}

Result<std::unique_ptr<SecurityDesk>> SecurityDesk::make(const Config& config) {
    auto dispatcher = AlertDispatcher::make(config.alerting);
    if (!dispatcher) return dispatcher.error();
    auto lists = Blocklists::make(config.security);
    if (!lists) return lists.error();
    return std::unique_ptr<SecurityDesk>(
        new SecurityDesk(config, std::move(lists).value(), std::move(dispatcher).value()));
}

Result<SecurityChange> SecurityDesk::prepare(const Config& config) {
    auto alerts = dispatcher_->prepare(config.alerting);
    if (!alerts) return std::move(alerts).error();
    auto lists = lists_->prepare(config.security);
    if (!lists) return std::move(lists).error();
    return SecurityChange{SecurityRules(config.security, config.alerting.window_seconds),
                          std::move(alerts).value(), std::move(lists).value()};
}

LeavingSecurity SecurityDesk::apply(SecurityChange change) {
    watch_.exchange(change.rules);
    return {std::move(change.rules), dispatcher_->apply(std::move(change.alerts)),
            lists_->apply(std::move(change.lists))};
}

void SecurityDesk::tick(const std::vector<BusyClient>& busy, uint64_t now_ns) {
    next_tick_ns_ = now_ns + tick_ns;
    watch_.tick(busy, now_ns);
}

void SecurityDesk::tell(const std::function<AskerNames(const dns_asker&)>& name_asker) {
    if (found_.empty()) return;
    const uint64_t offset_ns = unix_offset_ns();
    for (const Finding& finding : std::exchange(found_, {})) {
        const AskerNames asker = finding.asker.known ? name_asker(finding.asker) : AskerNames{};
        dispatcher_->send(board_.add(make_alert(finding, asker.workload, asker.names, offset_ns)));
    }
}

void SecurityDesk::fill(Folded& folded) const {
    fill_security(watch_.counts(), lists_->status(), dispatcher_->status(), folded);
}

void SecurityDesk::reopen() {
    dispatcher_->reopen();
    const auto now = std::chrono::steady_clock::now();
    if (now < next_list_reload_) return;
    next_list_reload_ = now + list_reload_interval;
    lists_->reload();
}

}  // namespace dnsexp
