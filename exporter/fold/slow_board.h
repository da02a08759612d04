// The last transactions that took long, with who asked. A row has the number of a workload's slot only; the
// name comes with the next snapshot, and stays: later the number may mean another workload.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "exporter/fold/transaction_row.h"
#include "exporter/source/source.h"
#include "exporter/source/workload_names.h"

namespace dnsexp {

// Not thread-safe.
class SlowBoard {
  public:
    static constexpr size_t capacity = 256;

    // Keeps answered transactions whose latency is above the threshold.
    explicit SlowBoard(uint64_t threshold_ns) : threshold_ns_(threshold_ns) {}

    // Of those that come; what is kept already stays.
    void set_threshold(uint64_t threshold_ns) { threshold_ns_ = threshold_ns; }

    // Takes events of the wire alone (DNS_EVENT_WIRE): a socket's tells of the same transaction again.
    void add(const dns_event& event);

    // Call it with each snapshot, in the order in which they were read, after the events that came before.
    void resolve(const std::vector<WorkloadCounts>& workloads, const NamesByCgroup& names);

    // The time of the query decides which is newer; the newest is first. `unix_offset_ns`: transaction_row().
    [[nodiscard]] std::vector<TransactionRow> rows(uint64_t unix_offset_ns) const;

    [[nodiscard]] uint64_t threshold_ns() const { return threshold_ns_; }

  private:
    enum class Who : uint8_t { awaited, named, settled };  // named: a pod's name may still come
    struct Entry {
        dns_event event{};
        Who who = Who::settled;
        dns_workload_key key{};
        WorkloadNames names;
    };
    using BySlot = std::vector<const WorkloadCounts*>;

    static void resolve_one(Entry& entry, const BySlot& by_slot, const NamesByCgroup& names);

    uint64_t threshold_ns_;
    std::vector<Entry> entries_;
    size_t next_ = 0;  // the entry that is written next, once all are there
};

}  // namespace dnsexp
