#include "exporter/bpf/host_probe.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <thread>

#include "exporter/base/unique_fd.h"
#include "exporter/bpf/cgroup_root.h"
#include "exporter/bpf/hook.h"
#include "exporter/bpf/libc_probes.h"
#include "exporter/bpf/loader.h"
#include "exporter/bpf/probe_point.h"

namespace dnsexp {
namespace {

constexpr uint32_t kLoopbackIndex = 1;  // LOOPBACK_IFINDEX of the kernel: in every network namespace

Status try_map(bpf_map_type type, uint32_t key_octets, uint32_t value_octets, uint32_t entries) {
    const UniqueFd map(bpf_map_create(type, nullptr, key_octets, value_octets, entries, nullptr));
    if (!map) return Error{"make a BPF map", "", errno, "", ""};
    return ok();
}

template <typename T>
Status status_of(const Result<T>& result) {
    return result ? ok() : Status(result.error());
}

Result<LoadedPrograms> load(Config config, WorkloadBackend backend, Variant variant) {
    config.workload.backend = backend;
    return load_programs(config, {variant});
}

// What proc_pid_fdinfo(5) says of a map. Since Linux 6.4 it is what the map really takes.
uint64_t memory_of(int map) {
    std::ifstream file("/proc/self/fdinfo/" + std::to_string(map));
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string name;
        uint64_t octets = 0;
        if (words >> name >> octets && name == "memlock:") return octets;
    }
    return 0;
}

uint64_t memory_of_maps(const LoadedPrograms& programs) {
    uint64_t octets = 0;
    const bpf_map* map = nullptr;
    bpf_object__for_each_map(map, programs.skeleton->obj) if (bpf_map__fd(map) >= 0) octets +=
        memory_of(bpf_map__fd(map));
    return octets;
}

// In a network namespace of the thread's own, where it is in nobody's way; it goes away with the thread.
Tried try_clsact(const LoadedPrograms& programs) {
    Tried result;
    const int program =
        bpf_program__fd(programs.variant == Variant::current ? programs.skeleton->progs.dns_tc_lo
                                                             : programs.skeleton->progs.dns_tc_lo_old);
    std::thread([&] {
        if (unshare(CLONE_NEWNET) != 0) return;  // without CAP_SYS_ADMIN
        result = status_of(attach_clsact({program, kLoopbackIndex, DNS_EGRESS}));
    }).join();
    return result;
}

void try_calls(const LoadedPrograms& programs, BpfFacts& facts) {
    const int events = bpf_map__fd(programs.skeleton->maps.events);
    facts.calls = status_of(LibcProbes::make(events, find_v1_hierarchy().controller));
}

// What needs programs of interfaces that load.
void try_owners(const Config& config, Variant variant, BpfFacts& facts) {
    const auto kprobe = load(config, WorkloadBackend::kprobe, variant);
    facts.kprobe = status_of(kprobe);
    facts.kprobe_event = try_kprobe("udp_sendmsg");
    const auto cgroup = load(config, WorkloadBackend::cgroup, variant);
    facts.cgroup = status_of(cgroup);
    if (!cgroup) return;
    facts.reads_tasks = cgroup.value().core;
    facts.map_bytes = memory_of_maps(cgroup.value());
}

void try_programs(const Config& config, BpfFacts& facts) {
    {
        const auto old = load(config, WorkloadBackend::none, Variant::old);
        facts.old = status_of(old);
    }
    auto current = load(config, WorkloadBackend::none, Variant::current);
    facts.current = status_of(current);
    if (!current && !*facts.old) return;
    auto usable = current ? std::move(current) : load(config, WorkloadBackend::none, Variant::old);
    if (!usable) return;
    facts.map_bytes = memory_of_maps(usable.value());
    facts.clsact = try_clsact(usable.value());
    try_calls(usable.value(), facts);
    try_owners(config, usable.value().variant, facts);
}

void add(std::vector<ProgramThere>& there, const Link& link, const std::string& hook,
         const std::vector<uint32_t>& ids, bool in_exporters_place) {
    for (const uint32_t id : ids)
        there.push_back({link.name, hook, id, program_name(id), in_exporters_place});
}

}  // namespace

BpfFacts probe_bpf(const Config& config, bool has_privileges) {
    BpfFacts facts;
    facts.uprobes = has_uprobes();
    facts.call = try_map(BPF_MAP_TYPE_ARRAY, sizeof(uint32_t), sizeof(uint32_t), 1);
    if (!*facts.call || !has_privileges) return facts;
    facts.ring = try_map(BPF_MAP_TYPE_RINGBUF, 0, 0, static_cast<uint32_t>(getpagesize()));
    facts.tcx = status_of(tcx_programs(kLoopbackIndex, DNS_EGRESS));
    if (*facts.ring) try_programs(config, facts);
    return facts;
}

CgroupFacts probe_cgroup() {
    CgroupFacts facts;
    facts.v1_path = find_v1_hierarchy().path;
    const auto root = open_cgroup_root();
    facts.root = status_of(root);
    if (!root) return facts;
    facts.of_host = root.value().of_host;
    if (root.value().is_mounted) facts.path = root.value().path;
    return facts;
}

Result<std::vector<ProgramThere>> tc_programs_there(const std::vector<Link>& links) {
    std::vector<ProgramThere> there;
    for (const Link& link : links)
        for (const dns_direction direction : {DNS_INGRESS, DNS_EGRESS}) {
            const std::string name = direction == DNS_INGRESS ? "ingress" : "egress";
            add(there, link, "clsact " + name, clsact_programs(link.index, direction), true);
            const auto tcx = tcx_programs(link.index, direction);
            if (tcx)
                add(there, link, "TCX " + name, tcx.value(), false);
            else if (tcx.error().errnum == EPERM)
                return tcx.error();
        }
    return there;
}

}  // namespace dnsexp
