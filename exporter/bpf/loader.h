// Opens the BPF object, sets its constants and map sizes, and loads the variant that this kernel takes.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "exporter/base/result.h"
#include "exporter/bpf/skeleton.h"
#include "exporter/config/config.h"

namespace dnsexp {

// current: cmpxchg and bpf_xdp_load_bytes (Linux 5.18 and later). old: locks, from 5.10.
enum class Variant { current, old };
std::string_view variant_name(Variant variant);
std::string_view backend_name(dns_backend backend);

struct LoadedPrograms {
    Skeleton skeleton;
    Variant variant;
    dns_backend backend = DNS_BACKEND_NONE;  // who tells whose a message is
    bool core = false;                       // the kernel's own structs can be read, by its BTF
};

// The programs of the backend that are to be attached.
std::vector<bpf_program*> owner_programs(const LoadedPrograms& programs);

// The variants to try, in order; the first that loads is taken. Tests name one.
inline const std::vector<Variant> all_variants = {Variant::current, Variant::old};

// Loads the programs; nothing is attached. Needs CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON.
Result<LoadedPrograms> load_programs(const Config& config,
                                     const std::vector<Variant>& variants = all_variants);

// The settings that a running program may be given anew (ports, latency edges, limit of queries).
dns_settings make_settings(const Config& config);

}  // namespace dnsexp
