#include "exporter/app/event_tap.h"

#include <utility>

#include "exporter/base/clock.h"
#include "exporter/fold/workload_text.h"

namespace dnsexp {

namespace {

void add_to(QueryLogCounts& counts, const QueryLogStatus& status) {
    counts.written += status.written;
    counts.sampled += status.sampled;
    counts.dropped += status.dropped;
    counts.failed += status.failed;
}

}  // namespace

QueryLog* EventTap::exchange_log(std::unique_ptr<QueryLog> log) {
    leaving_ = std::exchange(log_, std::move(log));
    return leaving_.get();
}

void EventTap::forget_leaving() {
    if (leaving_) add_to(before_, leaving_->status());
    leaving_.reset();
}

std::optional<QueryLogCounts> EventTap::log_counts() const {
    if (!log_) return std::nullopt;
    QueryLogCounts counts = before_;
    add_to(counts, log_->status());
    if (leaving_) add_to(counts, leaving_->status());
    return counts;
}

void EventTap::add(const dns_event& event, const std::function<AskerNames(const dns_asker&)>& name_asker) {
    if (event.lane != DNS_EVENT_WIRE) return;
    const bool is_logged = log_ && log_->samples();
    const bool is_heard = stream_.has_listeners();
    if (!is_logged && !is_heard) return;
    TransactionRow row = transaction_row(event, unix_offset_ns());
    if (event.asker.known) {
        const AskerNames asker = name_asker(event.asker);
        name_workload(row, comm_text(asker.workload), asker.names);
    }
    if (is_heard) stream_.push(row);
    if (is_logged) log_->add(std::move(row));
}

}  // namespace dnsexp
