#include "exporter/app/security_desk.h"

#include <string>
#include <utility>

#include "exporter/app/alert_text.h"
#include "exporter/app/security_metrics.h"
#include "exporter/base/clock.h"

namespace dnsexp {
namespace {

constexpr uint64_t tick_ns = 1'000'000'000;  // as SecurityWatch::tick() wants it

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
    lists_->reload();
}

}  // namespace dnsexp
