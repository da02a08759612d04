#include "exporter/bpf/workload_slots.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <numeric>

#include "exporter/bpf/map_reader.h"

namespace dnsexp {
namespace {

// Room is made when fewer slots than this are free, until twice as many are.
constexpr uint32_t wanted_free = DNS_WORKLOADS / 4;
// A workload that asked within this time keeps its slot.
constexpr uint64_t idle_ns = 60'000'000'000;
// A program that read a slot's number just before it was unlinked has used it long before this.
constexpr uint64_t margin_ns = 1'000'000'000;

uint64_t total_of(const dns_workload& counts) {
    return std::accumulate(std::begin(counts.outcomes), std::end(counts.outcomes), uint64_t{0});
}

}  // namespace

WorkloadSlots::WorkloadSlots(const LoadedPrograms& programs, MemoryMap<dns_workload_key> keys,
                             uint64_t grace_ns)
    : programs_(programs),
      keys_(std::move(keys)),
      grace_ns_(grace_ns + margin_ns),
      slots_(DNS_WORKLOADS),
      cpus_(static_cast<size_t>(libbpf_num_possible_cpus())) {}

Result<std::unique_ptr<WorkloadSlots>> WorkloadSlots::make(const LoadedPrograms& programs,
                                                           uint64_t grace_ns) {
    auto keys =
        MemoryMap<dns_workload_key>::make(bpf_map__fd(programs.skeleton->maps.workload_keys), DNS_WORKLOADS);
    if (!keys) return keys.error();
    return std::unique_ptr<WorkloadSlots>(new WorkloadSlots(programs, std::move(keys).value(), grace_ns));
}

// What lies in the ring between `taken` and `freed` is free; everything else is taken.
void WorkloadSlots::find_taken(uint64_t now_ns) {
    const auto& shared = *programs_.skeleton->bss;
    std::vector<bool> is_free(DNS_WORKLOADS);
    const uint32_t taken =
        std::atomic_ref(programs_.skeleton->bss->workload_taken).load(std::memory_order_acquire);
    for (uint32_t i = taken; i != shared.workload_freed; i++)
        is_free[shared.workload_free[i % DNS_WORKLOADS]] = true;
    used_ = 0;
    for (uint32_t slot = DNS_WORKLOAD_OTHERS; slot < DNS_WORKLOADS; slot++) {
        if (is_free[slot]) continue;
        used_++;
        if (slots_[slot].taken) continue;
        slots_[slot] = {};
        slots_[slot].taken = true;
        slots_[slot].idle_since_ns = now_ns;
    }
}

bool WorkloadSlots::is_known(uint32_t slot) {
    uint32_t found = 0;
    const dns_workload_key key = keys_[slot];
    return bpf_map_lookup_elem(bpf_map__fd(programs_.skeleton->maps.workload_slots), &key, &found) == 0 &&
           found == slot;
}

Result<dns_workload> WorkloadSlots::counts_of(uint32_t slot) {
    if (bpf_map_lookup_elem(bpf_map__fd(programs_.skeleton->maps.workloads), &slot, cpus_.data()))
        return Error{"read BPF map", "workloads", errno, "", ""};
    dns_workload counts = map_reader::sum(cpus_.data(), cpus_.size());
    counts.outcomes[DNS_WORKLOAD_TIMEOUT] += slots_[slot].timeouts;
    return counts;
}

Result<std::vector<WorkloadCounts>> WorkloadSlots::peek(uint64_t now_ns) {
    std::vector<WorkloadCounts> all;
    find_taken(now_ns);
    for (uint32_t number = 0; number < DNS_WORKLOADS; number++) {
        if (!slots_[number].taken && number >= DNS_WORKLOAD_OTHERS) continue;
        const auto counts = counts_of(number);
        if (!counts) return counts.error();
        all.push_back({number, keys_[number], counts.value(), false});
    }
    return all;
}

Result<std::vector<WorkloadCounts>> WorkloadSlots::read(uint64_t now_ns) {
    auto all = peek(now_ns);
    if (!all) return all;
    for (WorkloadCounts& one : all.value()) {
        Slot& slot = slots_[one.slot];
        if (const uint64_t total = total_of(one.counts); total != slot.total) {
            slot.total = total;
            slot.idle_since_ns = now_ns;
        }
        one.ended = slot.unlinked_ns != 0 && now_ns - slot.unlinked_ns > grace_ns_;
        if (!one.ended) continue;
        if (auto status = release(one.slot); !status) return status.error();
    }
    unlink_idle(now_ns);
    return all;
}

void WorkloadSlots::add_timeout(uint32_t slot) {
    if (slot < DNS_WORKLOADS) slots_[slot].timeouts++;
}

void WorkloadSlots::unlink_idle(uint64_t now_ns) {
    std::vector<uint32_t> idle;
    uint32_t coming = DNS_WORKLOADS - DNS_WORKLOAD_OTHERS -
                      static_cast<uint32_t>(used_);  // free ones, and those that will be
    for (uint32_t number = DNS_WORKLOAD_OTHERS; number < DNS_WORKLOADS; number++) {
        const Slot& slot = slots_[number];
        if (!slot.taken) continue;
        if (slot.unlinked_ns != 0)
            coming++;
        else if (!is_known(number) && now_ns - slot.idle_since_ns > margin_ns)
            unlink(number, now_ns);  // claimed twice at a time, and the other one is used
        else if (now_ns - slot.idle_since_ns > idle_ns)
            idle.push_back(number);
    }
    if (coming >= wanted_free) return;
    std::sort(idle.begin(), idle.end(),
              [&](uint32_t a, uint32_t b) { return slots_[a].idle_since_ns < slots_[b].idle_since_ns; });
    for (const uint32_t number : idle) {
        if (coming++ >= 2 * wanted_free) break;
        unlink(number, now_ns);
    }
}

// From here on no program finds the slot by its key, and what sockets remember is void.
void WorkloadSlots::unlink(uint32_t number, uint64_t now_ns) {
    if (is_known(number)) {
        const dns_workload_key key = keys_[number];
        bpf_map_delete_elem(bpf_map__fd(programs_.skeleton->maps.workload_slots), &key);
    }
    std::atomic_ref(programs_.skeleton->bss->workload_generation).fetch_add(1);
    slots_[number].unlinked_ns = std::max<uint64_t>(now_ns, 1);
}

Status WorkloadSlots::release(uint32_t number) {
    const std::vector<dns_workload> zeros(cpus_.size());
    if (bpf_map_update_elem(bpf_map__fd(programs_.skeleton->maps.workloads), &number, zeros.data(), BPF_ANY))
        return Error{"clear BPF map", "workloads", errno, "", ""};
    slots_[number] = {};
    auto& shared = *programs_.skeleton->bss;
    shared.workload_free[shared.workload_freed % DNS_WORKLOADS] = static_cast<uint16_t>(number);
    std::atomic_ref(shared.workload_freed).fetch_add(1, std::memory_order_release);
    return ok();
}

}  // namespace dnsexp
