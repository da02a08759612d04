#include "exporter/alerts/board.h"

#include <utility>

namespace dnsexp {

Alert AlertBoard::add(Alert alert) {
    const std::lock_guard lock(mutex_);
    alert.sequence = ++last_sequence_;
    if (alerts_.size() == capacity) alerts_.pop_front();
    alerts_.push_back(alert);
    return alert;
}

std::vector<Alert> AlertBoard::rows(const AlertFilter& filter) const {
    std::vector<Alert> rows;
    const std::lock_guard lock(mutex_);
    for (auto alert = alerts_.rbegin(); alert != alerts_.rend() && rows.size() < filter.limit; ++alert) {
        if (alert->sequence <= filter.after_sequence) break;
        if (alert->severity < filter.min_severity) continue;
        if (!filter.event_type.empty() && alert->event_type != filter.event_type) continue;
        rows.push_back(*alert);
    }
    return rows;
}

}  // namespace dnsexp
