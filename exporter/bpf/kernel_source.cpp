#include "exporter/bpf/kernel_source.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>

#include "ebpf/dns_message.h"
#include "exporter/base/clock.h"
#include "exporter/base/log.h"
#include "exporter/bpf/live_settings.h"
#include "exporter/bpf/map_reader.h"
#include "exporter/bpf/open_sockets.h"

namespace dnsexp {
namespace {

constexpr uint64_t kSweepIntervalNs = 1'000'000'000;
// The lock variant's sweep fills the ring as often as it takes; each time is 2,900 queries at the default
// size.
constexpr int kSweepRounds = 64;

template <typename Key, typename Value>
Status read_into(const bpf_map* map, size_t cpus, std::vector<PerCpuEntry<Key, Value>>& out) {
    auto entries = read_per_cpu_map<Key, Value>(bpf_map__fd(map), cpus, bpf_map__max_entries(map));
    if (!entries) {
        Error error = entries.error();
        error.object = bpf_map__name(map);
        return error;
    }
    out = std::move(entries).value();
    return ok();
}

bool is_same(const dns_address& a, const dns_address& b) {
    return a.high == b.high && a.low == b.low;
}

}  // namespace

KernelSource::KernelSource(LoadedPrograms programs, const CaptureConfig& config)
    : programs_(std::move(programs)),
      attacher_(programs_, config),
      clients_(programs_.skeleton->bss->clients),
      cpus_(static_cast<size_t>(libbpf_num_possible_cpus())) {}

KernelSource::~KernelSource() {
    ring_buffer__free(ring_);
}

Result<std::unique_ptr<KernelSource>> KernelSource::make(const Config& config,
                                                         const std::vector<Variant>& variants) {
    auto programs = load_programs(config, variants);
    if (!programs) return programs.error();
    log_info("BPF programs loaded", {{"variant", std::string(variant_name(programs->variant))},
                                     {"workloads", std::string(backend_name(programs->backend))}});
    auto source = over(std::move(programs).value(), config.capture);
    if (source) source.value()->set_batch_size(config.performance.event_batch_size);
    return source;
}

Result<std::unique_ptr<KernelSource>> KernelSource::over(LoadedPrograms programs,
                                                         const CaptureConfig& config) {
    std::unique_ptr<KernelSource> source(new KernelSource(std::move(programs), config));
    if (auto status = source->open(); !status) return status.error();
    return source;
}

Status KernelSource::open() {
    auto pending = PendingTable::make(programs_);
    if (!pending) return pending.error();
    pending_ = std::move(pending).value();
    if (programs_.backend != DNS_BACKEND_NONE) {
        const auto& times = *programs_.skeleton->rodata;
        auto workloads = WorkloadSlots::make(programs_, times.query_timeout_ns + times.late_window_ns);
        if (!workloads) return workloads.error();
        workloads_ = std::move(workloads).value();
    }
    ring_ = ring_buffer__new(bpf_map__fd(programs_.skeleton->maps.events), on_record, this, nullptr);
    if (!ring_) return Error{"open ring buffer", "events", errno, "", ""};
    return ok();
}

int KernelSource::on_record(void* self, void* data, size_t size) {
    auto* source = static_cast<KernelSource*>(self);
    const auto* event = static_cast<const dns_event*>(data);
    // The programs send no other record; a shorter one would mean that the two sides disagree.
    if (size >= DNS_EVENT_FIXED && event->message_length <= size - DNS_EVENT_FIXED) source->receive(*event);
    return ++source->taken_ >= source->batch_size_ ? -EAGAIN : 0;
}

// The lock variant's sweep leaves the counting of its timeouts to the reader of its events.
void KernelSource::receive(const dns_event& event) {
    if (event.swept) {
        const dns_traffic_key key{event.server_slot, DNS_OUTCOME_TIMEOUT, event.type,
                                  event.role,        event.transport,     0};
        swept_[std::bit_cast<uint64_t>(key)]++;
        if (programs_.backend == DNS_BACKEND_KPROBE && event.asker.known)
            workloads_->add_timeout(event.asker.workload);
    }
    (*sink_)(event);
}

Status KernelSource::sweep(const EventSink& sink) {
    next_sweep_ns_ = monotonic_ns() + kSweepIntervalNs;
    for (int round = 0; round < kSweepRounds; round++) {
        const EventSink* before = std::exchange(sink_, &sink);
        const auto starved = pending_->sweep([this](const dns_event& event) { receive(event); });
        sink_ = before;
        if (!starved) return starved.error();
        if (!starved.value()) break;
        if (auto consumed = consume(sink); !consumed) return consumed.error();
    }
    return sweep_sockets();
}

Status KernelSource::sweep_sockets() {
    if (programs_.backend != DNS_BACKEND_CGROUP) return ok();
    unsigned char packet[64] = {};  // the program reads none of it; the kernel wants an Ethernet header
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet, .data_size_in = sizeof packet,
                .repeat = DNS_SOCKET_PENDING_SETS);
    const int program = bpf_program__fd(programs_.skeleton->progs.dns_sweep_sock);
    if (bpf_prog_test_run_opts(program, &options) && errno != EINTR)
        return Error{"run BPF program", "dns_sweep_sock", errno, "", ""};
    return ok();
}

Status KernelSource::attach_owners(const CaptureConfig& config) {
    auto hooks = OwnerHooks::attach(programs_);
    if (!hooks) return hooks.error();
    owners_ = std::move(hooks).value();
    if (programs_.backend != DNS_BACKEND_CGROUP) return ok();
    const V1Hierarchy v1 = programs_.core ? find_v1_hierarchy() : V1Hierarchy{};
    v1_controller_ = v1.controller;
    auto root = open_cgroup_root();
    if (!root) return root.error();
    hierarchy_ = std::move(root->folder);
    if (!v1.path.empty()) hierarchy_.reset(::open(v1.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return own_sockets_before(config);
}

Status KernelSource::own_sockets_before(const CaptureConfig& config) {
    const auto* keys = const_cast<const dns_hash_keys*>(&programs_.skeleton->rodata->hash_keys);
    const OpenSocketsTask task = {bpf_map__fd(programs_.skeleton->maps.owners),
                                  config.ports,
                                  hierarchy_.get(),
                                  v1_controller_,
                                  keys,
                                  programs_.core};
    // Twice, for what was accepted meanwhile from a listener that had no owner yet.
    for (int pass = 0; pass < 2; pass++) {
        const auto found = own_open_sockets(task);
        if (!found) return found.error();
        if (pass == 0 && found.value().refused != 0)
            log_info("some sockets that were open before have no known process",
                     {{"processes", std::to_string(found.value().refused)}, {"hint", "give CAP_SYS_PTRACE"}});
    }
    return ok();
}

Status KernelSource::attach_libcs(LibcProbesOptions options) {
    const int events = bpf_map__fd(programs_.skeleton->maps.events);
    auto libcs = LibcProbes::make(events, find_v1_hierarchy().controller, std::move(options));
    if (!libcs) return libcs.error();
    if (auto status = libcs.value()->start(); !status) return status;
    libcs_ = std::move(libcs).value();
    return ok();
}

Result<uint64_t> KernelSource::consume(const EventSink& sink) {
    sink_ = &sink;
    taken_ = 0;
    const int result = ring_buffer__consume(ring_);
    sink_ = nullptr;
    if (result < 0 && result != -EAGAIN) return Error{"read ring buffer", "events", -result, "", ""};
    return taken_;
}

// The ring first: a sweep of the lock variant needs room in it.
Result<uint64_t> KernelSource::drain(const EventSink& sink) {
    auto consumed = consume(sink);
    if (!consumed || monotonic_ns() < next_sweep_ns_) return consumed;
    if (auto status = sweep(sink); !status) return status.error();
    auto swept = consume(sink);
    if (!swept) return swept;
    return consumed.value() + swept.value();
}

std::vector<BusyClient> KernelSource::busy_clients(uint64_t now_ns) {
    return clients_.busy(now_ns, programs_.skeleton->bss->settings.rate_limit_qps);
}

Status KernelSource::sync_interfaces(const NetworkState& state, const std::vector<ChosenLink>& chosen,
                                     bool named_must_work) {
    set_own_addresses(state.own_addresses);
    return attacher_.sync(chosen, named_must_work);
}

void KernelSource::set_own_addresses(const std::vector<dns_address>& addresses) {
    if (addresses.size() == own_.size() &&
        std::equal(addresses.begin(), addresses.end(), own_.begin(), is_same))
        return;
    own_ = addresses;
    // The programs may read the table meanwhile: an address that they miss for these microseconds costs one
    // query its server label, no count.
    auto& table = programs_.skeleton->bss->own_addresses;
    for (dns_own_entry& entry : table) entry.used = 0;
    for (const dns_address& address : own_) {
        const uint32_t hash = dns_address_hash(&address, &programs_.skeleton->rodata->hash_keys);
        for (uint32_t probe = 0; probe < DNS_PROBES; probe++) {
            dns_own_entry& entry = table[(hash + probe) % DNS_OWN_TABLE];
            if (entry.used) continue;
            entry.address = address;
            entry.used = 1;
            break;
        }
    }
}

Result<bool> KernelSource::reconfigure(const Config& config) {
    dns_settings& live = programs_.skeleton->bss->settings;
    const dns_settings wanted = make_settings(config);
    const bool same_ports = have_same_ports(live, wanted), same_edges = have_same_edges(live, wanted);
    update_settings(live, wanted);
    if (!same_ports && owners_ && programs_.backend == DNS_BACKEND_CGROUP)
        if (auto status = own_sockets_before(config.capture); !status)
            log_warn("sockets that were open before the ports changed have no known process",
                     {{"err", status.error().message()}});
    if (same_edges) return false;
    update_edges(live, wanted);
    wait_for_programs();
    RawSnapshot snapshot;
    if (auto status = read_maps(snapshot); !status) return status.error();
    if (workloads_) {  // read() would end slots, and nobody would get their last counts
        auto counts = workloads_->peek(monotonic_ns());
        if (!counts) return counts.error();
        snapshot.workloads = std::move(counts).value();
    }
    latency_restart_.restart(snapshot);
    return true;
}

Result<RawSnapshot> KernelSource::read() {
    RawSnapshot snapshot;
    if (auto status = read_maps(snapshot); !status) return status.error();
    if (auto status = read_workloads(snapshot); !status) return status.error();
    auto active = pending_->active();
    if (!active) return active.error();
    std::copy(active->begin(), active->end(), snapshot.active);
    read_shared(snapshot);
    snapshot.hooks = attacher_.hooks();
    snapshot.interface_slots = attacher_.slots();
    if (auto status = read_calls(snapshot); !status) return status.error();
    if (auto status = read_programs(snapshot); !status) return status.error();
    list_map_use(snapshot);
    add_swept_timeouts(snapshot);
    latency_restart_.apply(snapshot);
    return snapshot;
}

Status KernelSource::read_maps(RawSnapshot& snapshot) const {
    const auto& maps = programs_.skeleton->maps;
    std::vector<PerCpuEntry<uint32_t, dns_stats>> stats;
    if (auto status = read_into(maps.stats, cpus_, stats); !status) return status;
    snapshot.stats.resize(1);
    for (const auto& [lane, cpus] : stats) {
        dns_stats& of_lane = lane == 0 ? snapshot.stats.front() : snapshot.sockets;
        of_lane = map_reader::sum(std::array{of_lane, cpus.front()}.data(), 2);
    }
    if (auto status = read_into(maps.interface_stats, cpus_, snapshot.interfaces); !status) return status;
    if (auto status = read_into(maps.server_stats, cpus_, snapshot.servers); !status) return status;
    if (auto status = read_into(maps.latency, cpus_, snapshot.latencies); !status) return status;
    return read_into(maps.traffic, cpus_, snapshot.traffic);
}

Status KernelSource::read_workloads(RawSnapshot& snapshot) {
    snapshot.time_ns = monotonic_ns();
    snapshot.has_workloads = workloads_ != nullptr;
    if (!workloads_) return ok();
    auto counts = workloads_->read(snapshot.time_ns);
    if (!counts) return counts.error();
    snapshot.workloads = std::move(counts).value();
    return ok();
}

Status KernelSource::read_calls(RawSnapshot& snapshot) const {
    if (!libcs_) return ok();
    auto counts = libcs_->counts();
    if (!counts) return counts.error();
    snapshot.calls = counts.value();
    return ok();
}

Status KernelSource::read_programs(RawSnapshot& snapshot) const {
    if (auto status = program_stats_.read(programs_.skeleton->obj, snapshot.programs); !status) return status;
    return libcs_ ? program_stats_.read(libcs_->object(), snapshot.programs) : ok();
}

void KernelSource::add_swept_timeouts(RawSnapshot& snapshot) const {
    for (const auto& [key, count] : swept_)
        snapshot.traffic.push_back({std::bit_cast<dns_traffic_key>(key), {dns_traffic{0, count, 0}}});
}

void KernelSource::read_shared(RawSnapshot& snapshot) const {
    const auto& shared = *programs_.skeleton->bss;
    for (const dns_server_entry& entry : shared.servers)
        if (entry.slot) snapshot.server_slots.emplace_back(entry.slot, entry.address);
    for (const uint32_t type : shared.extra_types)
        if (type) snapshot.extra_types.push_back(static_cast<uint16_t>(type - 1));
    snapshot.latency_edges_ns = latency_edges_ns();
}

std::vector<uint64_t> KernelSource::latency_edges_ns() const {
    const dns_settings& settings = programs_.skeleton->bss->settings;
    return {settings.latency_edges_ns, settings.latency_edges_ns + settings.latency_edge_count};
}

void KernelSource::list_map_use(RawSnapshot& snapshot) const {
    const auto& skeleton = *programs_.skeleton;
    uint64_t live = 0;
    for (const uint64_t active : snapshot.active) live += active;
    // An entry is never given back, only taken by another stream.
    uint64_t streams = snapshot.sockets.flows_new - snapshot.sockets.flows_evicted;
    for (const dns_stats& cpu : snapshot.stats) streams += cpu.flows_new - cpu.flows_evicted;
    snapshot.maps = {
        {"traffic", snapshot.traffic.size(), DNS_TRAFFIC_ENTRIES},
        {"pending", live, uint64_t{skeleton.rodata->pending_set_mask + 1} * DNS_PENDING_WAYS},
        {"tcp_streams", streams, DNS_FLOWS},
        {"servers", skeleton.bss->servers_used, skeleton.rodata->max_servers},
        {"interfaces", snapshot.interface_slots.size(), DNS_INTERFACES_MAX - 1},
    };
    if (workloads_)
        snapshot.maps.push_back({"workloads", workloads_->used(), DNS_WORKLOADS - DNS_WORKLOAD_OTHERS});
    if (programs_.backend == DNS_BACKEND_CGROUP)
        snapshot.maps.push_back(
            {"socket_pending",
             snapshot.sockets.sockets_tracked - snapshot.sockets.sockets_ended - skeleton.bss->sockets_swept,
             uint64_t{DNS_SOCKET_PENDING_SETS} * DNS_PENDING_WAYS});
}

}  // namespace dnsexp
