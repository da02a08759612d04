// What this host's kernel does with the programs, found out by trying.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ebpf/dns_abi.h"
#include "exporter/base/result.h"
#include "exporter/config/config.h"
#include "exporter/net/network_state.h"

namespace dnsexp {

// Nothing: not tried, since something that it takes is missing.
using Tried = std::optional<Status>;

struct BpfFacts {
    Tried call;                // bpf(2): a small map
    Tried ring;                // a ring buffer
    Tried current, old;        // the programs at interfaces, by variant
    Tried cgroup, kprobe;      // with those that tell whose a message is, by backend
    bool reads_tasks = false;  // of cgroup: with the kernel's BTF
    Tried kprobe_event;        // a probe in the kernel
    Tried calls;               // the programs at getaddrinfo()
    bool uprobes = false;      // the kernel has probes of user space's functions
    Tried tcx;                 // known to the kernel
    Tried clsact;              // a program on one, in a network namespace of its own
    uint64_t map_bytes = 0;    // of the loaded programs' maps; 0: not known
};

// Tries all that the privileges of this thread allow: loads the programs and lets them go; nothing is
// attached to an interface, a cgroup or a process of the host. Takes seconds, and for moments twice
// the memory of the exporter's maps. Not thread-safe, since libbpf's log is silenced.
BpfFacts probe_bpf(const Config& config, bool has_privileges);

struct CgroupFacts {
    Status root = ok();    // whether the root of version 2 is reached
    std::string path;      // of the root; empty: mounted by the exporter alone, for nobody else to see
    bool of_host = false;  // and not of a container's part
    std::string v1_path;   // of a hierarchy of version 1 that containers are in; empty: none
};
CgroupFacts probe_cgroup();

// A program at a hook of an interface, where exporters have theirs.
struct ProgramThere {
    std::string interface, hook;  // "eth0", "TCX ingress"
    uint32_t id = 0;
    std::optional<std::string> name;  // nothing: not to be told without CAP_SYS_ADMIN
    bool in_exporters_place = false;  // where only exporters put programs
};

// The TC programs at the links. An Error: the kernel doesn't tell without CAP_NET_ADMIN.
Result<std::vector<ProgramThere>> tc_programs_there(const std::vector<Link>& links);

}  // namespace dnsexp
