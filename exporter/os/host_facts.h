// What the host says about itself and about what this process may do.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dnsexp {

// Of this process's cgroup, or of the one above it that has less left.
struct MemoryLimit {
    uint64_t limit = 0, used = 0;  // octets

    [[nodiscard]] uint64_t left() const { return limit > used ? limit - used : 0; }
};

// What can't be read is nothing, or empty.
struct HostFacts {
    std::string sysname, release, machine;  // as uname(2) gives them
    bool btf = false;                       // the kernel tells its types
    std::optional<uint64_t> capabilities;   // the effective set, bit n: capability n
    bool seccomp_filter = false;            // this process is under one
    bool own_user_namespace = false;        // capabilities count in a container only
    bool own_pid_namespace = false;         // not all of the host's processes are seen
    std::string lockdown;                   // none, integrity or confidentiality
    std::optional<int> jit;                 // net.core.bpf_jit_enable
    std::optional<int> unprivileged_bpf_disabled, perf_event_paranoid;  // sysctls of `kernel`
    uint64_t memlock = 0;               // RLIMIT_MEMLOCK, octets; UINT64_MAX: none
    uint64_t open_files = 0;            // RLIMIT_NOFILE; UINT64_MAX: none
    std::optional<MemoryLimit> memory;  // nothing: there is no limit, or none that can be read
};

// Needs no privilege. Call it before BPF programs are loaded, which may raise limits.
HostFacts read_host_facts();

// ---- the parts that are told where to look ----

// Whether /proc/PID/status tells of a seccomp filter (mode 2 of proc(5)).
bool has_seccomp_filter(std::string_view status);

// The chosen word of "none [integrity] confidentiality"; empty where there is none.
std::string parse_lockdown(std::string_view text);

// Path in version 2's hierarchy, from the text of /proc/PID/cgroup (cgroups(7)); nothing: in none.
std::optional<std::string> parse_unified_cgroup(std::string_view text);

// The tightest limit of memory on the way from the cgroup `path` up to `root`, where the hierarchy is
// mounted.
std::optional<MemoryLimit> read_memory_limit(const std::string& root, std::string path);

}  // namespace dnsexp
