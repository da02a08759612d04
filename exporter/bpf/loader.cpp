#include "exporter/bpf/loader.h"

#include <bpf/bpf.h>
#include <sys/random.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <limits>
#include <string>

#include "exporter/base/log.h"
#include "exporter/bpf/cgroup_root.h"

namespace dnsexp {
namespace {

constexpr uint64_t ns_per_ms = 1'000'000;
constexpr double ns_per_second = 1e9;

// The end of a verifier's log tells why; the megabytes before it only how it got there.
constexpr size_t kLogTail = 2048;

// libbpf's own messages are debug output: what matters of them comes back as an Error.
int print_libbpf(libbpf_print_level level, const char* format, va_list arguments) {
    if (level == LIBBPF_DEBUG) return 0;
    va_list again;
    va_copy(again, arguments);
    const int length = std::vsnprintf(nullptr, 0, format, again);
    va_end(again);
    if (length < 0) return 0;
    std::string text(static_cast<size_t>(length) + 1, '\0');
    std::vsnprintf(text.data(), text.size(), format, arguments);
    while (!text.empty() && (text.back() == '\n' || text.back() == '\0')) text.pop_back();
    if (text.size() > kLogTail) text = text.substr(text.size() - kLogTail);
    log_debug("libbpf", {{"text", text}});
    return 0;
}

using Programs = std::vector<bpf_program*>;

// How processes are found, and what of the kernel is used for it.
struct Owners {
    dns_backend backend;
    bool core;  // needs the kernel's BTF
};
constexpr Owners no_owners = {DNS_BACKEND_NONE, false};

std::vector<Owners> owners_to_try(WorkloadBackend wanted) {
    const Owners cgroup_core = {DNS_BACKEND_CGROUP, true}, cgroup_plain = {DNS_BACKEND_CGROUP, false};
    const Owners kprobe = {DNS_BACKEND_KPROBE, true};
    switch (wanted) {
        case WorkloadBackend::cgroup:
            return {cgroup_core, cgroup_plain};
        case WorkloadBackend::kprobe:
            return {kprobe};
        case WorkloadBackend::none:
            return {no_owners};
        default:
            if (open_cgroup_root()) return {cgroup_core, cgroup_plain, no_owners};
            return {kprobe, no_owners};
    }
}

Programs wire_programs(dns_exporter& s, Variant variant) {
    auto& p = s.progs;
    if (variant == Variant::current)
        return {p.dns_tc_in, p.dns_tc_out, p.dns_tc_lo, p.dns_tc_in_ip, p.dns_tc_out_ip, p.dns_xdp_in};
    return {p.dns_tc_in_old,   p.dns_tc_out_old, p.dns_tc_lo_old, p.dns_tc_in_ip_ol,
            p.dns_tc_out_ip_o, p.dns_xdp_in_old, p.dns_sweep};
}

Programs programs_of_owners(dns_exporter& s, const Owners& owners) {
    auto& p = s.progs;
    if (owners.backend == DNS_BACKEND_KPROBE) return {p.dns_udp_send, p.dns_udp6_send, p.dns_tcp_send};
    if (owners.backend == DNS_BACKEND_NONE) return {};
    if (owners.core)
        return {p.dns_connect4, p.dns_connect6, p.dns_sendmsg4,  p.dns_sendmsg6,
                p.dns_bind4,    p.dns_bind6,    p.dns_socket_in, p.dns_socket_out};
    return {p.dns_connect4_ol, p.dns_connect6_ol, p.dns_sendmsg4_ol, p.dns_sendmsg6_ol,
            p.dns_bind4_ol,    p.dns_bind6_ol,    p.dns_socket_in,   p.dns_socket_out};
}

// What is not chosen is not handed to the kernel at all: an old one refuses what it doesn't know, even in
// code that never runs. Nor are the maps made that only such programs use.
void select_programs(dns_exporter& skeleton, Variant variant, const Owners& owners) {
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, skeleton.obj) bpf_program__set_autoload(program, false);
    for (bpf_program* p : wire_programs(skeleton, variant)) bpf_program__set_autoload(p, true);
    for (bpf_program* p : programs_of_owners(skeleton, owners)) bpf_program__set_autoload(p, true);
    bpf_program__set_autoload(skeleton.progs.dns_sweep_sock, owners.backend == DNS_BACKEND_CGROUP);
    bpf_map__set_autocreate(skeleton.maps.pending_cas, variant == Variant::current);
    bpf_map__set_autocreate(skeleton.maps.pending_lock, variant == Variant::old);
    bpf_map__set_autocreate(skeleton.maps.owners, owners.backend == DNS_BACKEND_CGROUP);
}

// All but the shared ones.
void free_workload_slots(dns_exporter& skeleton) {
    for (uint32_t slot = DNS_WORKLOAD_OTHERS; slot < DNS_WORKLOADS; slot++)
        skeleton.bss->workload_free[skeleton.bss->workload_freed++] = static_cast<uint16_t>(slot);
}

Status set_constants(dns_exporter& skeleton, const Config& config, const Owners& owners) {
    auto* keys = const_cast<dns_hash_keys*>(&skeleton.rodata->hash_keys);
    if (getrandom(keys, sizeof *keys, 0) != static_cast<ssize_t>(sizeof *keys))
        return Error{"draw random hash keys", "", errno, "", ""};
    skeleton.rodata->query_timeout_ns = config.capture.query_timeout_ms * ns_per_ms;
    skeleton.rodata->late_window_ns = config.capture.late_window_ms * ns_per_ms;
    skeleton.rodata->pending_set_mask = config.performance.pending_queries_max / DNS_PENDING_WAYS - 1;
    skeleton.rodata->max_servers = config.capture.max_servers;
    skeleton.rodata->workload_backend = owners.backend;
    skeleton.rodata->task_hierarchy = owners.core ? find_v1_hierarchy().controller : DNS_HIERARCHY_UNIFIED;
    skeleton.bss->settings = make_settings(config);
    free_workload_slots(skeleton);
    return ok();
}

Status set_map_sizes(dns_exporter& skeleton, const Config& config, const Owners& owners) {
    const bool sockets = owners.backend == DNS_BACKEND_CGROUP, any = owners.backend != DNS_BACKEND_NONE;
    const auto if_used = [](bool used, uint32_t size) { return used ? size : 1; };
    const uint32_t slots = (config.capture.max_servers + 1) * DNS_ROLES;
    const uint32_t sets = config.performance.pending_queries_max / DNS_PENDING_WAYS;
    const std::pair<bpf_map*, uint32_t> sizes[] = {
        {skeleton.maps.server_stats, slots},
        {skeleton.maps.latency, slots * DNS_LATENCY_TYPES},
        {skeleton.maps.pending_cas, sets},
        {skeleton.maps.pending_lock, sets},
        {skeleton.maps.pending_detail, sets * DNS_PENDING_WAYS},
        {skeleton.maps.events, config.performance.ring_buffer_size_kb * 1024},
        {skeleton.maps.workloads, if_used(any, DNS_WORKLOADS)},
        {skeleton.maps.workload_keys, if_used(any, DNS_WORKLOADS)},
        {skeleton.maps.workload_slots, if_used(any, DNS_WORKLOADS)},
        {skeleton.maps.socket_pending, if_used(sockets, DNS_SOCKET_PENDING_SETS)},
        {skeleton.maps.fetches, if_used(sockets, DNS_FETCH_SETS)},
        {skeleton.maps.senders, if_used(owners.backend == DNS_BACKEND_KPROBE, DNS_SENDERS)},
    };
    for (const auto& [map, entries] : sizes)
        if (const int error = bpf_map__set_max_entries(map, entries))
            return Error{"size BPF map", bpf_map__name(map), -error, "", ""};
    return ok();
}

// The coarse keys that a full traffic map falls back on must exist before anything is counted.
Status make_fallback_entries(dns_exporter& skeleton) {
    const int fd = bpf_map__fd(skeleton.maps.traffic);
    const std::vector<dns_traffic> zeros(static_cast<size_t>(libbpf_num_possible_cpus()));
    std::vector<uint16_t> outcomes = {DNS_OUTCOME_OTHER, DNS_OUTCOME_TIMEOUT, DNS_OUTCOME_UNTRACKED};
    for (uint16_t rcode = 0; rcode < DNS_RCODES_NAMED; rcode++) outcomes.push_back(rcode);
    for (uint8_t role = 0; role < DNS_ROLES; role++)
        for (uint8_t transport = 0; transport < DNS_TRANSPORTS; transport++)
            for (const uint16_t outcome : outcomes) {
                const dns_traffic_key key = {DNS_SERVER_OTHER, outcome, 0, role, transport, 0};
                if (bpf_map_update_elem(fd, &key, zeros.data(), BPF_ANY))
                    return Error{"prepare BPF map", "traffic", errno, "", ""};
            }
    return ok();
}

uint32_t tunnel_bit(Tunnel tunnel) {
    switch (tunnel) {
        case Tunnel::gre:
            return DNS_TUNNEL_GRE;
        case Tunnel::ipip:
            return DNS_TUNNEL_IPIP;
        case Tunnel::pppoe:
            return DNS_TUNNEL_PPPOE;
        case Tunnel::vxlan:
            return DNS_TUNNEL_VXLAN;
        case Tunnel::geneve:
            return DNS_TUNNEL_GENEVE;
    }
    return 0;
}

Error load_error(int error, Variant variant) {
    std::string hint;
    if (error == EPERM || error == EACCES)
        hint =
            "it needs CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON, before Linux 5.11 an unlimited memlock, and a "
            "seccomp "
            "profile that allows bpf(2)";
    else if (error == ENOMEM)
        hint = "lower performance.pending_queries_max or performance.ring_buffer_size_kb";
    else
        hint = "run with --log.level=debug to see what the kernel's verifier says";
    return Error{"load the BPF programs", std::string("(variant ") + std::string(variant_name(variant)) + ")",
                 error, "", hint};
}

Result<LoadedPrograms> load_variant(const Config& config, Variant variant, const Owners& owners) {
    const Skeleton skeleton = own_skeleton(dns_exporter__open());
    if (!skeleton) return Error{"open the BPF object", "", errno, "", ""};
    select_programs(*skeleton, variant, owners);
    if (auto status = set_constants(*skeleton, config, owners); !status) return status.error();
    if (auto status = set_map_sizes(*skeleton, config, owners); !status) return status.error();
    if (const int error = dns_exporter__load(skeleton.get())) return load_error(-error, variant);
    if (auto status = make_fallback_entries(*skeleton); !status) return status.error();
    return LoadedPrograms{skeleton, variant, owners.backend, owners.core};
}

}  // namespace

std::vector<bpf_program*> owner_programs(const LoadedPrograms& programs) {
    return programs_of_owners(*programs.skeleton, {programs.backend, programs.core});
}

std::string_view backend_name(dns_backend backend) {
    constexpr std::string_view names[] = {"none", "cgroup", "kprobe"};
    return names[backend];
}

std::string_view variant_name(Variant variant) {
    return variant == Variant::current ? "current" : "old";
}

dns_settings make_settings(const Config& config) {
    dns_settings settings{};
    const auto& ports = config.capture.ports;
    settings.port_count = static_cast<uint32_t>(std::min<size_t>(ports.size(), DNS_PORTS_MAX));
    for (uint32_t i = 0; i < DNS_PORTS_MAX; i++) {
        settings.ports[i] = i < settings.port_count ? ports[i] : ports.front();
        settings.port_filter |= 1ULL << (settings.ports[i] % 64);
    }
    for (const Tunnel tunnel : config.capture.tunnels) settings.tunnels |= tunnel_bit(tunnel);
    const auto& edges = config.metrics.latency_buckets_seconds;
    settings.latency_edge_count =
        static_cast<uint32_t>(std::min<size_t>(edges.size(), DNS_LATENCY_EDGES_MAX));
    std::fill(std::begin(settings.latency_edges_ns), std::end(settings.latency_edges_ns),
              std::numeric_limits<uint64_t>::max());
    for (uint32_t i = 0; i < settings.latency_edge_count; i++)
        settings.latency_edges_ns[i] = static_cast<uint64_t>(std::llround(edges[i] * ns_per_second));
    if (config.security.enabled) settings.rate_limit_qps = config.security.rate_limit_qps;
    return settings;
}

Result<LoadedPrograms> load_programs(const Config& config, const std::vector<Variant>& variants) {
    libbpf_set_print(print_libbpf);
    Error last{"load the BPF programs", "", 0, "no variant was asked for", ""};
    for (const Owners& owners : owners_to_try(config.workload.backend))
        for (const Variant variant : variants) {
            auto loaded = load_variant(config, variant, owners);
            if (loaded) return loaded;
            last = loaded.error();
            log_debug("variant not loaded", {{"variant", std::string(variant_name(variant))},
                                             {"backend", std::string(backend_name(owners.backend))},
                                             {"err", last.message()}});
            if (last.errnum == EPERM || last.errnum == ENOMEM) return last;  // another would fare no better
        }
    return last;
}

}  // namespace dnsexp
