// Giving up the capabilities(7) that are not needed any more, in every thread.
#pragma once

#include <cstdint>
#include <string>

#include "exporter/base/result.h"

namespace dnsexp {

// What a running exporter still does of that which takes a capability.
struct CapabilityNeeds {
    bool attaches = false;         // to interfaces that come later: CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON
    bool removes_filters = false;  // of clsact qdiscs, at the end: CAP_NET_ADMIN. Links go with their process
    bool probes_libcs = false;     // that come later: CAP_SYS_ADMIN (map_files, uprobes), CAP_DAC_READ_SEARCH
                                // (the folder map_files is its owner's alone), and what reads_processes takes
    bool reads_processes = false;          // of other users, in /proc: CAP_SYS_PTRACE
    bool calls_bpf_by_capability = false;  // see bpf_takes_capability(): CAP_BPF
};

// A set has bit n for capability n. What of `permitted` the needs take; CAP_SYS_ADMIN where it stands for
// CAP_BPF or CAP_PERFMON that is not there.
uint64_t capabilities_to_keep(const CapabilityNeeds& needs, uint64_t permitted);

// "CAP_NET_ADMIN CAP_BPF", in the order of their numbers; "none" for none.
std::string capability_names(uint64_t set);

// Whether this kernel refuses even to look a map up to who has no CAP_BPF: before Linux 5.19 where
// kernel.unprivileged_bpf_disabled is set. Tried in a thread that gives up its own.
bool bpf_takes_capability();

// The calling thread's permitted set.
Result<uint64_t> permitted_capabilities();

// Leaves `keep` of the permitted and effective sets of every thread, also of those that libraries started,
// and nothing in the inheritable and ambient ones. The bounding set too where CAP_SETPCAP is there to do it.
// An Error where a thread could not be reached within five seconds. Call it from one thread at a time;
// interrupts system calls of the others (EINTR).
Status drop_capabilities(uint64_t keep);

// No program that is executed from here on gains privileges. Holds for the calling thread and those that it
// starts: call it first of all.
Status forbid_new_privileges();

}  // namespace dnsexp
