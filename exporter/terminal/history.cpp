#include "exporter/terminal/history.h"

#include <algorithm>
#include <utility>

namespace dnsexp {
namespace {

// Counters of one life of an exporter only grow.
bool went_back(const SummaryReading& before, const SummaryReading& now) {
    if (now.monotonic_ns < before.monotonic_ns || now.queries < before.queries || now.edges != before.edges)
        return true;
    for (size_t i = 0; i < now.buckets.size(); ++i)
        if (now.buckets[i] < before.buckets[i]) return true;
    return std::any_of(before.outcomes.begin(), before.outcomes.end(), [&](const auto& one) {
        const auto found = now.outcomes.find(one.first);
        return found == now.outcomes.end() || found->second < one.second;
    });
}

}  // namespace

void History::add(SummaryReading reading) {
    if (!readings_.empty() && went_back(readings_.back(), reading)) readings_.clear();
    const size_t size = readings_.size();
    if (size >= 2 && readings_[size - 1].monotonic_ns - readings_[size - 2].monotonic_ns < spacing_ns_)
        readings_.pop_back();
    readings_.push_back(std::move(reading));
    while (readings_.size() > 2 &&
           readings_.back().monotonic_ns - readings_.front().monotonic_ns > window_ns_)
        readings_.pop_front();
}

}  // namespace dnsexp
