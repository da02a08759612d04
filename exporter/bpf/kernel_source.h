// The Source that is the kernel: loads, attaches, reads the maps and drains the ring.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "exporter/base/unique_fd.h"
#include "exporter/bpf/attacher.h"
#include "exporter/bpf/client_table.h"
#include "exporter/bpf/libc_probes.h"
#include "exporter/bpf/loader.h"
#include "exporter/bpf/owner_hooks.h"
#include "exporter/bpf/pending_table.h"
#include "exporter/bpf/program_stats.h"
#include "exporter/bpf/workload_slots.h"
#include "exporter/net/network_state.h"
#include "exporter/source/latency_restart.h"
#include "exporter/source/source.h"

struct ring_buffer;

namespace dnsexp {

// Not thread-safe.
class KernelSource final : public Source {
  public:
    // Loads the programs; nothing is attached yet.
    static Result<std::unique_ptr<KernelSource>> make(const Config& config,
                                                      const std::vector<Variant>& variants = all_variants);
    // Over programs that are loaded with `config`, and that no other source uses.
    static Result<std::unique_ptr<KernelSource>> over(LoadedPrograms programs, const CaptureConfig& config);
    ~KernelSource() override;

    Result<RawSnapshot> read() override;
    // Also sweeps the pending table, at most once in kSweepInterval: timed-out queries come as events too.
    Result<uint64_t> drain(const EventSink& sink) override;
    std::vector<BusyClient> busy_clients(uint64_t now_ns) override;

    // Attaches to `chosen` (see Attacher::sync) and takes over the host's own addresses.
    Status sync_interfaces(const NetworkState& state, const std::vector<ChosenLink>& chosen,
                           bool named_must_work);

    [[nodiscard]] std::vector<AttachedHook> hooks() const { return attacher_.hooks(); }

    // Takes over what may change while the programs run: capture.ports and tunnels, the latency edges,
    // security.rate_limit_qps. With other edges the histograms begin at 0, and true is returned. No message
    // of a port that stays is missed.
    Result<bool> reconfigure(const Config& config);

    // Attaches what tells whose a message is, where the programs for it were loaded, and finds the owners of
    // sockets that are open already.
    Status attach_owners(const CaptureConfig& config);

    // Loads and attaches what sees calls of getaddrinfo(): see LibcProbes::start. Nothing else depends on it.
    Status attach_libcs(LibcProbesOptions options = {});

    // See LibcProbes.
    void stop_following_libcs() {
        if (libcs_) libcs_->stop_following();
    }
    [[nodiscard]] bool probes_libcs() const { return libcs_ != nullptr; }

    // C libraries whose calls are seen.
    [[nodiscard]] size_t attached_libcs() const { return libcs_ ? libcs_->attached() : 0; }

    // Sweeps now, whatever the time since the last sweep.
    Status sweep(const EventSink& sink);

    // Of a workload by its slot, as events name it; all zero where the slot has none.
    [[nodiscard]] dns_workload_key workload_of(uint32_t slot) const {
        return workloads_ ? workloads_->key_of(slot) : dns_workload_key{};
    }

    // As they are now: rising, without +Inf.
    [[nodiscard]] std::vector<uint64_t> latency_edges_ns() const;
    [[nodiscard]] uint64_t query_timeout_ns() const { return programs_.skeleton->rodata->query_timeout_ns; }

    // Whether runs of the programs are counted and told of; see ProgramStats::set.
    Status set_program_stats(bool on) { return program_stats_.set(on); }

    // Most records that one drain() takes; the next one goes on.
    void set_batch_size(uint32_t records) { batch_size_ = records; }

    // For tests that run the programs by BPF_PROG_TEST_RUN.
    [[nodiscard]] const LoadedPrograms& programs() const { return programs_; }

  private:
    explicit KernelSource(LoadedPrograms programs, const CaptureConfig& config);
    Status open();
    Result<uint64_t> consume(const EventSink& sink);
    Status own_sockets_before(const CaptureConfig& config);
    Status sweep_sockets();
    Status read_maps(RawSnapshot& snapshot) const;
    Status read_workloads(RawSnapshot& snapshot);
    Status read_programs(RawSnapshot& snapshot) const;
    Status read_calls(RawSnapshot& snapshot) const;
    void read_shared(RawSnapshot& snapshot) const;
    void add_swept_timeouts(RawSnapshot& snapshot) const;
    void list_map_use(RawSnapshot& snapshot) const;
    void receive(const dns_event& event);
    void set_own_addresses(const std::vector<dns_address>& addresses);
    static int on_record(void* self, void* data, size_t size);

    LoadedPrograms programs_;
    Attacher attacher_;  // before the programs in destruction: detached first
    std::unique_ptr<PendingTable> pending_;
    ClientTable clients_;
    std::unique_ptr<WorkloadSlots> workloads_;  // null: nobody tells whose a message is
    std::unique_ptr<OwnerHooks> owners_;
    UniqueFd hierarchy_;  // whose folders tell processes' cgroups; opened while mounts may still be made
    dns_hierarchy v1_controller_ = DNS_HIERARCHY_UNIFIED;
    std::unique_ptr<LibcProbes> libcs_;  // null: calls of getaddrinfo() are not seen
    ProgramStats program_stats_;
    ring_buffer* ring_ = nullptr;
    uint64_t batch_size_ = PerformanceConfig{}.event_batch_size;
    size_t cpus_;
    const EventSink* sink_ = nullptr;  // while drain() runs
    uint64_t taken_ = 0;               // records in this consume()
    uint64_t next_sweep_ns_ = 0;
    std::unordered_map<uint64_t, uint64_t> swept_;  // timeouts that the sweep found, by traffic key
    std::vector<dns_address> own_;
    LatencyRestart latency_restart_;
};

}  // namespace dnsexp
