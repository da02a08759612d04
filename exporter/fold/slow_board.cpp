#include "exporter/fold/slow_board.h"

#include <algorithm>
#include <cstring>

#include "exporter/fold/workload_text.h"

namespace dnsexp {
namespace {

bool same_workload(const dns_workload_key& a, const dns_workload_key& b) {
    return a.cgroup == b.cgroup && a.role == b.role &&
           std::equal(std::begin(a.comm), std::end(a.comm), std::begin(b.comm));
}

bool has_own_slot(const dns_asker& asker) {
    return asker.known && asker.workload >= DNS_WORKLOAD_OTHERS && asker.workload < DNS_WORKLOADS;
}

}  // namespace

void SlowBoard::add(const dns_event& event) {
    if (event.lane != DNS_EVENT_WIRE || event.outcome == DNS_OUTCOME_TIMEOUT ||
        event.latency_ns <= threshold_ns_)
        return;
    Entry entry;
    // The record may end behind its message.
    const size_t length = DNS_EVENT_FIXED + std::min<size_t>(event.message_length, sizeof event.message);
    std::memcpy(&entry.event, &event, length);
    if (has_own_slot(event.asker)) entry.who = Who::awaited;
    if (entries_.size() < capacity) {
        entries_.push_back(std::move(entry));
        return;
    }
    entries_[next_] = std::move(entry);
    next_ = (next_ + 1) % capacity;
}

void SlowBoard::resolve(const std::vector<WorkloadCounts>& workloads, const NamesByCgroup& names) {
    const bool is_settled = std::all_of(entries_.begin(), entries_.end(),
                                        [](const Entry& entry) { return entry.who == Who::settled; });
    if (is_settled) return;
    BySlot by_slot(DNS_WORKLOADS);
    for (const WorkloadCounts& one : workloads)
        if (one.slot < by_slot.size()) by_slot[one.slot] = &one;
    for (Entry& entry : entries_)
        if (entry.who != Who::settled) resolve_one(entry, by_slot, names);
}

void SlowBoard::resolve_one(Entry& entry, const BySlot& by_slot, const NamesByCgroup& names) {
    const WorkloadCounts* const found = by_slot[entry.event.asker.workload];
    const bool is_other = found && entry.who == Who::named && !same_workload(entry.key, found->key);
    if (!found || is_other) {  // its slot has been given back: nobody can tell more
        entry.who = Who::settled;
        return;
    }
    entry.key = found->key;
    const auto known = names.find(found->key.cgroup);
    if (known != names.end()) entry.names = known->second;
    entry.who = found->ended || entry.names.settled ? Who::settled : Who::named;
}

std::vector<TransactionRow> SlowBoard::rows(uint64_t unix_offset_ns) const {
    std::vector<TransactionRow> rows;
    rows.reserve(entries_.size());
    for (const Entry& entry : entries_) {
        rows.push_back(transaction_row(entry.event, unix_offset_ns));
        name_workload(rows.back(), comm_text(entry.key), entry.names);
    }
    std::sort(rows.begin(), rows.end(), [](const TransactionRow& a, const TransactionRow& b) {
        return a.time_unix_ns > b.time_unix_ns;
    });
    return rows;
}

}  // namespace dnsexp
