// The slots of workloads from the user side: reads their counters, and takes back those of workloads that are
// gone.
//
// A slot's life: free -> claimed by a program, known by its key -> (idle, and others need room) unlinked from
// its key -> after longer than any query can still count in it, read for the last time, cleared and free
// again.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "exporter/base/result.h"
#include "exporter/bpf/loader.h"
#include "exporter/bpf/memory_map.h"
#include "exporter/source/source.h"

namespace dnsexp {

// Not thread-safe.
class WorkloadSlots {
  public:
    // `programs` must outlive it. `grace_ns`: a query's timeout and late window.
    static Result<std::unique_ptr<WorkloadSlots>> make(const LoadedPrograms& programs, uint64_t grace_ns);

    // The counters of every slot that is in use. None ends by it.
    Result<std::vector<WorkloadCounts>> peek(uint64_t now_ns);

    // The same, and of slots that have ended since the call before their last ones.
    Result<std::vector<WorkloadCounts>> read(uint64_t now_ns);

    // A query timed out that no program counts.
    void add_timeout(uint32_t slot);

    // Whose the slot is; all zero where it is nobody's.
    [[nodiscard]] dns_workload_key key_of(uint32_t slot) const {
        return slot >= DNS_WORKLOAD_OTHERS && slot < DNS_WORKLOADS ? keys_[slot] : dns_workload_key{};
    }

    // Slots in use.
    [[nodiscard]] uint64_t used() const { return used_; }

  private:
    struct Slot {
        bool taken = false;
        uint64_t total = 0;  // queries, when last read
        uint64_t idle_since_ns = 0;
        uint64_t unlinked_ns = 0;  // 0: still known by its key
        uint64_t timeouts = 0;     // that add_timeout() told of
    };

    WorkloadSlots(const LoadedPrograms& programs, MemoryMap<dns_workload_key> keys, uint64_t grace_ns);
    void find_taken(uint64_t now_ns);
    [[nodiscard]] bool is_known(uint32_t slot);
    Result<dns_workload> counts_of(uint32_t slot);
    void unlink_idle(uint64_t now_ns);
    void unlink(uint32_t slot, uint64_t now_ns);
    Status release(uint32_t slot);

    const LoadedPrograms& programs_;
    MemoryMap<dns_workload_key> keys_;
    uint64_t grace_ns_;
    std::vector<Slot> slots_;
    std::vector<dns_workload> cpus_;  // one value a possible CPU
    uint64_t used_ = 0;
};

}  // namespace dnsexp
