#include "exporter/app/confinement.h"

#include "exporter/base/log.h"
#include "exporter/os/call_filter.h"

namespace dnsexp {
namespace {

void tell_what_ends(const CapabilityNeeds& now, const CapabilityNeeds& remaining) {
    std::string ends = "interfaces that come later are not attached";
    if (now.probes_libcs) ends += ", nor C libraries";
    if (now.reads_processes) ends += "; the search lists of other users' processes are not read";
    log_warn("privileges are given up", {{"flag", "--capabilities.drop=all"}, {"effect", ends}});
    if (remaining.calls_bpf_by_capability)
        log_warn("CAP_BPF is kept: this kernel lets nobody read a map without it",
                 {{"hint", "Linux 5.19 does, and kernel.unprivileged_bpf_disabled=0"}});
    if (remaining.removes_filters)
        log_warn("CAP_NET_ADMIN is kept: the filters of clsact qdiscs are to be removed at the end",
                 {{"hint", "with TCX (Linux 6.6, capture.tc_link) nothing is to be removed"}});
}

Status drop(CapabilityDrop how_many, const CapabilityNeeds& now) {
    if (how_many == CapabilityDrop::none) return ok();
    const CapabilityNeeds remaining = remaining_needs(how_many, now);
    if (how_many == CapabilityDrop::all) tell_what_ends(now, remaining);
    const auto permitted = permitted_capabilities();
    if (!permitted) return permitted.error();
    const uint64_t keep = capabilities_to_keep(remaining, permitted.value());
    if (auto status = drop_capabilities(keep); !status) return status;
    log_info("capabilities dropped", {{"kept", capability_names(keep)}});
    return ok();
}

}  // namespace

CapabilityNeeds remaining_needs(CapabilityDrop drop, const CapabilityNeeds& now) {
    if (drop != CapabilityDrop::all) return now;
    CapabilityNeeds remaining;
    remaining.removes_filters = now.removes_filters;
    remaining.calls_bpf_by_capability = now.calls_bpf_by_capability;
    return remaining;
}

Status confine(const Flags& flags, const CapabilityNeeds& needs) {
    CapabilityNeeds now = needs;
    now.calls_bpf_by_capability = bpf_takes_capability();
    if (auto status = drop(flags.capabilities_drop, now); !status) return status;
    if (!flags.seccomp_filter) return ok();
    return filter_system_calls({.attaches = flags.capabilities_drop != CapabilityDrop::all});
}

}  // namespace dnsexp
