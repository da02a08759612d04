#include "exporter/app/check_judge.h"

#include <linux/capability.h>

#include <algorithm>
#include <iterator>

#include "exporter/os/privileges.h"

namespace dnsexp {
namespace {

// Whether it would start: an interface that is named must be there and work.
bool can_watch(const CheckFacts& facts, const Config& config) {
    if (!facts.missing.empty()) return false;
    bool any = false;
    for (const WatchedLink& watched : facts.watched) {
        const bool works = watch_row(watched, facts.bpf, config.capture).finding != Finding::no;
        if (!works && watched.chosen.named) return false;
        any = any || works;
    }
    return any;
}

// As load_programs() chooses it.
std::string usable_backend(const CheckFacts& facts, WorkloadBackend wanted) {
    const bool cgroup = facts.cgroup.root && works(facts.bpf.cgroup);
    const bool kprobe = works(facts.bpf.kprobe) && works(facts.bpf.kprobe_event);
    const bool prefers_cgroup = wanted == WorkloadBackend::automatic && facts.cgroup.root;
    if (wanted == WorkloadBackend::cgroup || prefers_cgroup) return cgroup ? "cgroup" : "";
    if (wanted == WorkloadBackend::none) return "";
    return kprobe ? "kprobe" : "";
}

void append(CheckRows& rows, CheckRows more) {
    std::move(more.begin(), more.end(), std::back_inserter(rows));
}

}  // namespace

bool has_capability(const HostFacts& host, int number) {
    return host.capabilities && (*host.capabilities >> number & 1) != 0;
}

bool can_load(const CheckFacts& facts) {
    const HostFacts& host = facts.host;
    return judge_kernel(host.sysname, host.release) && host.capabilities &&
           judge_capabilities(*host.capabilities) && works(facts.bpf.call) && works(facts.bpf.ring) &&
           (works(facts.bpf.current) || works(facts.bpf.old));
}

CheckReport judge_host(const CheckFacts& facts, const Config& config) {
    CheckReport report;
    report.kernel = facts.host.sysname + " " + facts.host.release;
    append(report.rows, host_rows(facts));
    append(report.rows, program_rows(facts, config));
    append(report.rows, link_rows(facts, config));
    report.counting = can_load(facts) && can_watch(facts, config);
    if (report.counting) report.backend = usable_backend(facts, config.workload.backend);
    // What is told of calls is told in chains, which sockets tell of.
    report.calls = report.backend == "cgroup" && config.chains.libc_probes && facts.bpf.uprobes &&
                   works(facts.bpf.calls) && has_capability(facts.host, CAP_SYS_ADMIN);
    return report;
}

}  // namespace dnsexp
