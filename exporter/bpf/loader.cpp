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

struct VariantPrograms {
    std::vector<bpf_program*> current, old;
};

VariantPrograms programs_by_variant(dns_exporter& s) {
    auto& p = s.progs;
    return {{p.dns_tc_in, p.dns_tc_out, p.dns_tc_lo, p.dns_tc_in_ip, p.dns_tc_out_ip, p.dns_xdp_in},
            {p.dns_tc_in_old, p.dns_tc_out_old, p.dns_tc_lo_old, p.dns_tc_in_ip_ol, p.dns_tc_out_ip_o,
             p.dns_xdp_in_old, p.dns_sweep}};
}

// Programs of the other variant are not handed to the kernel at all: an old one refuses what it doesn't know,
// even in code that never runs. Nor are their maps made.
void select_variant(dns_exporter& skeleton, Variant variant) {
    const VariantPrograms programs = programs_by_variant(skeleton);
    for (bpf_program* p : programs.current) bpf_program__set_autoload(p, variant == Variant::current);
    for (bpf_program* p : programs.old) bpf_program__set_autoload(p, variant == Variant::old);
    bpf_map__set_autocreate(skeleton.maps.pending_cas, variant == Variant::current);
    bpf_map__set_autocreate(skeleton.maps.pending_lock, variant == Variant::old);
}

Status set_constants(dns_exporter& skeleton, const Config& config) {
    auto* keys = const_cast<dns_hash_keys*>(&skeleton.rodata->hash_keys);
    if (getrandom(keys, sizeof *keys, 0) != static_cast<ssize_t>(sizeof *keys))
        return Error{"draw random hash keys", "", errno, "", ""};
    skeleton.rodata->query_timeout_ns = config.capture.query_timeout_ms * ns_per_ms;
    skeleton.rodata->late_window_ns = config.capture.late_window_ms * ns_per_ms;
    skeleton.rodata->pending_set_mask = config.performance.pending_queries_max / DNS_PENDING_WAYS - 1;
    skeleton.rodata->max_servers = config.capture.max_servers;
    skeleton.bss->settings = make_settings(config);
    return ok();
}

Status set_map_sizes(dns_exporter& skeleton, const Config& config) {
    const uint32_t slots = (config.capture.max_servers + 1) * DNS_ROLES;
    const uint32_t sets = config.performance.pending_queries_max / DNS_PENDING_WAYS;
    const std::pair<bpf_map*, uint32_t> sizes[] = {
        {skeleton.maps.server_stats, slots},
        {skeleton.maps.latency, slots * DNS_LATENCY_TYPES},
        {skeleton.maps.pending_cas, sets},
        {skeleton.maps.pending_lock, sets},
        {skeleton.maps.pending_detail, sets * DNS_PENDING_WAYS},
        {skeleton.maps.events, config.performance.ring_buffer_size_kb * 1024},
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

Result<LoadedPrograms> load_variant(const Config& config, Variant variant) {
    const Skeleton skeleton = own_skeleton(dns_exporter__open());
    if (!skeleton) return Error{"open the BPF object", "", errno, "", ""};
    select_variant(*skeleton, variant);
    if (auto status = set_constants(*skeleton, config); !status) return status.error();
    if (auto status = set_map_sizes(*skeleton, config); !status) return status.error();
    if (const int error = dns_exporter__load(skeleton.get())) return load_error(-error, variant);
    if (auto status = make_fallback_entries(*skeleton); !status) return status.error();
    return LoadedPrograms{skeleton, variant};
}

}  // namespace

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
    return settings;
}

Result<LoadedPrograms> load_programs(const Config& config, const std::vector<Variant>& variants) {
    libbpf_set_print(print_libbpf);
    Error last{"load the BPF programs", "", 0, "no variant was asked for", ""};
    for (const Variant variant : variants) {
        auto loaded = load_variant(config, variant);
        if (loaded) return loaded;
        last = loaded.error();
        log_debug("variant not loaded",
                  {{"variant", std::string(variant_name(variant))}, {"err", last.message()}});
        if (last.errnum == EPERM || last.errnum == ENOMEM) break;  // another variant would fare no better
    }
    return last;
}

}  // namespace dnsexp
