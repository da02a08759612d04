#include "exporter/bpf/pending_table.h"

#include <bpf/bpf.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <utility>
#include <vector>

#include "exporter/base/clock.h"
#include "exporter/bpf/memory_map.h"

namespace dnsexp {
namespace {

// As in ebpf/pending.bpf.h: times are modulo 2^48 ns, and a query sent after `now` was read has no age.
uint64_t age_of(uint64_t now, uint64_t word) {
    const uint64_t age = (now - (word >> DNS_PENDING_TIME_SHIFT)) & DNS_TIME48_MASK;
    return age >> 47 ? 0 : age;
}

uint32_t state_of(uint64_t word) {
    return word & DNS_PENDING_STATE_MASK;
}

void count_live(const dns_pending_set& set, ActiveByRole& active) {
    for (uint32_t way = 0; way < DNS_PENDING_WAYS; way++) {
        const uint8_t role = set.record[way].facts.role;
        if (state_of(set.word[way]) == DNS_PENDING_LIVE && role < DNS_ROLES) active[role]++;
    }
}

// Shares the table with the programs over mmap, by the same rule: read, then compare-and-swap the word.
class CasTable final : public PendingTable {
  public:
    CasTable(MemoryMap<dns_pending_set> sets, int details, uint64_t timeout_ns, uint64_t window_ns)
        : sets_(std::move(sets)), details_(details), timeout_ns_(timeout_ns), window_ns_(window_ns) {}

    Result<bool> sweep(const EventSink& sink) override {
        const uint64_t now = monotonic_ns();
        for (size_t number = 0; number < sets_.size(); number++)
            for (uint32_t way = 0; way < DNS_PENDING_WAYS; way++)
                if (auto status = sweep_way(number, way, now, sink); !status) return status.error();
        return false;
    }

    Result<ActiveByRole> active() override {
        ActiveByRole active{};
        for (size_t number = 0; number < sets_.size(); number++) count_live(sets_[number], active);
        return active;
    }

  private:
    Status sweep_way(size_t number, uint32_t way, uint64_t now, const EventSink& sink) {
        std::atomic_ref<__u64> shared(sets_[number].word[way]);
        __u64 word = shared.load(std::memory_order_acquire);
        const uint32_t state = state_of(word);
        if (state == DNS_PENDING_FREE || state == DNS_PENDING_BUSY) return ok();
        const uint64_t age = age_of(now, word);
        if (age <= timeout_ns_) return ok();
        if (state != DNS_PENDING_LIVE) {
            if (age > timeout_ns_ + window_ns_) shared.compare_exchange_strong(word, 0);
            return ok();
        }
        // By system call, not mapped: the array is 23 MB, and only what has timed out is looked at.
        const auto index = static_cast<uint32_t>(number * DNS_PENDING_WAYS + way);
        dns_event event{};
        if (bpf_map_lookup_elem(details_, &index, &event))
            return Error{"read BPF map", "pending_detail", errno, "", ""};
        const __u64 ended = (word & ~static_cast<__u64>(DNS_PENDING_STATE_MASK)) | DNS_PENDING_TIMED_OUT;
        if (!shared.compare_exchange_strong(word, ended)) return ok();  // answered or replaced meanwhile
        event.latency_ns = age;
        event.swept = 1;
        event.message_length = std::min<__u16>(event.message_length, DNS_MESSAGE_PREFIX);
        sink(event);
        return ok();
    }

    MemoryMap<dns_pending_set> sets_;
    int details_;  // file descriptor, borrowed
    uint64_t timeout_ns_, window_ns_;
};

// Runs the sweep program, which does the claiming under the sets' locks.
class LockTable final : public PendingTable {
  public:
    LockTable(int program, int map, uint32_t sets, __u32& starved)
        : program_(program), map_(map), sets_(sets), starved_(starved) {}

    Result<bool> sweep(const EventSink&) override {
        // A set may hold the cursor for each of its ways; so twice the sets see every set in all but a burst,
        // and what is left over comes with the next sweep.
        unsigned char packet[64] = {};  // the program reads none of it; the kernel wants an Ethernet header
        LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet, .data_size_in = sizeof packet,
                    .repeat = static_cast<int>(2 * sets_));
        std::atomic_ref<__u32>(starved_).store(0);
        // EINTR: a signal is waiting; the cursor stays, and the next sweep goes on from it.
        if (bpf_prog_test_run_opts(program_, &options) && errno != EINTR)
            return Error{"run BPF program", "dns_sweep", errno, "", ""};
        return std::atomic_ref<__u32>(starved_).load() != 0;
    }

    Result<ActiveByRole> active() override {
        ActiveByRole active{};
        dns_pending_set set{};
        for (uint32_t number = 0; number < sets_; number++) {
            if (bpf_map_lookup_elem(map_, &number, &set))
                return Error{"read BPF map", "pending_lock", errno, "", ""};
            count_live(set, active);
        }
        return active;
    }

  private:
    int program_, map_;
    uint32_t sets_;
    __u32& starved_;  // the program's
};

}  // namespace

Result<std::unique_ptr<PendingTable>> PendingTable::make(const LoadedPrograms& programs) {
    const dns_exporter& s = *programs.skeleton;
    const uint32_t sets = s.rodata->pending_set_mask + 1;
    if (programs.variant == Variant::old)
        return std::unique_ptr<PendingTable>(std::make_unique<LockTable>(bpf_program__fd(s.progs.dns_sweep),
                                                                         bpf_map__fd(s.maps.pending_lock),
                                                                         sets, s.bss->sweep_starved));
    auto words = MemoryMap<dns_pending_set>::make(bpf_map__fd(s.maps.pending_cas), sets);
    if (!words) return words.error();
    return std::unique_ptr<PendingTable>(
        std::make_unique<CasTable>(std::move(words).value(), bpf_map__fd(s.maps.pending_detail),
                                   s.rodata->query_timeout_ns, s.rodata->late_window_ns));
}

}  // namespace dnsexp
