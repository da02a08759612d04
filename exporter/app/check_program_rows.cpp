#include <linux/capability.h>

#include <cerrno>

#include "exporter/app/check_judge.h"
#include "exporter/os/privileges.h"

namespace dnsexp {
namespace {

// Why something was not tried.
std::string untried(const CheckFacts& facts) {
    if (fails(facts.bpf.call)) return "not tried, as bpf(2) is refused";
    if (!facts.host.capabilities || !judge_capabilities(*facts.host.capabilities))
        return "not tried: that takes CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON";
    return "not tried, as the programs at interfaces can't be loaded";
}

// The message without the hint, which is the remedy.
std::string reason_of(const Error& error) {
    Error bare = error;
    bare.hint.clear();
    return bare.message();
}

CheckRow tried_row(const CheckFacts& facts, std::string name, std::string purpose, const Tried& tried,
                   std::string detail, std::string remedy) {
    CheckRow row{std::move(name), std::move(purpose), Finding::yes, std::move(detail), ""};
    if (works(tried)) return row;
    row.finding = tried ? Finding::no : Finding::unknown;
    row.detail = tried ? reason_of(tried->error()) : untried(facts);
    if (!tried) return row;
    row.remedy = remedy.empty() ? tried->error().hint : std::move(remedy);
    if (row.remedy.empty()) row.remedy = "run it with --log.level=debug to see what the kernel says";
    return row;
}

struct Reason {
    std::string detail, remedy;
};

// bpf(2) says EPERM for more than one reason.
Reason why_refused(const CheckFacts& facts) {
    const HostFacts& host = facts.host;
    if (!host.capabilities || !judge_capabilities(*host.capabilities))
        return {"refused, as capabilities are missing", "give the capabilities that are missing"};
    if (host.own_user_namespace)
        return {"refused: the capabilities count in this user namespace only",
                "run it outside, in no rootless container"};
    if (host.seccomp_filter)
        return {"refused although the capabilities are there: by the seccomp filter, it seems",
                "allow bpf(2) in the container's seccomp profile"};
    return {"refused although the capabilities are there",
            "look for a security module (SELinux, AppArmor, lockdown) that forbids it, and at memlock"};
}

CheckRow call_row(const CheckFacts& facts) {
    CheckRow row{"bpf(2)", "counting", Finding::yes, "allowed", ""};
    if (const auto setting = facts.host.unprivileged_bpf_disabled)
        row.detail += "; kernel.unprivileged_bpf_disabled is " + std::to_string(*setting);
    if (works(facts.bpf.call)) return row;
    row.finding = Finding::no;
    const int error = facts.bpf.call ? facts.bpf.call->error().errnum : 0;
    if (error == EPERM) {
        const Reason reason = why_refused(facts);
        row.detail = reason.detail;
        row.remedy = reason.remedy;
        return row;
    }
    row.detail = facts.bpf.call ? reason_of(facts.bpf.call->error()) : "not tried";
    row.remedy = error == ENOSYS ? "a kernel with CONFIG_BPF_SYSCALL, and a seccomp profile that allows it"
                                 : "look at the limits above";
    return row;
}

CheckRow current_row(const CheckFacts& facts) {
    return tried_row(facts, "programs, current", "counting", facts.bpf.current,
                     "loaded and let go: these are used",
                     works(facts.bpf.old) ? "Linux 5.18 or later; the old ones are used meanwhile" : "");
}

CheckRow old_row(const CheckFacts& facts) {
    const bool is_needed = !works(facts.bpf.current);
    return tried_row(facts, "programs, old", "counting", facts.bpf.old,
                     is_needed ? "loaded and let go: these are used" : "loaded and let go: not needed here",
                     is_needed ? "" : "nothing: the current ones are used");
}

CheckRow tcx_row(const CheckFacts& facts) {
    return tried_row(facts, "TCX", "counting", facts.bpf.tcx, "the kernel has it",
                     "Linux 6.6 or later; filters on a clsact qdisc are used meanwhile");
}

CheckRow clsact_row(const CheckFacts& facts) {
    if (!facts.bpf.clsact && can_load(facts))
        return {"clsact", "counting", Finding::unknown,
                "to find out without touching an interface takes CAP_SYS_ADMIN", ""};
    return tried_row(facts, "clsact", "counting", facts.bpf.clsact, "a filter can be attached",
                     "load the kernel's modules sch_ingress and cls_bpf");
}

CheckRow cgroup_row(const CheckFacts& facts) {
    const CgroupFacts& cgroup = facts.cgroup;
    if (!cgroup.root)
        return {"cgroup v2", "workloads", Finding::no, reason_of(cgroup.root.error()),
                "mount -t cgroup2 none /sys/fs/cgroup, or give CAP_SYS_ADMIN; kprobes are used meanwhile"};
    CheckRow row{"cgroup v2", "workloads", Finding::yes,
                 cgroup.path.empty() ? "not mounted, but for the exporter itself" : cgroup.path, ""};
    if (!cgroup.of_host) {
        row.finding = Finding::partly;
        row.detail += ": not the host's root, so only processes below it are seen";
        row.remedy = "run in the host's cgroup namespace (container: --cgroupns=host)";
    } else if (!cgroup.v1_path.empty() && !facts.host.btf) {
        row.finding = Finding::partly;
        row.detail += "; containers are in version 1, and can't be told apart without BTF";
        row.remedy = "a kernel with CONFIG_DEBUG_INFO_BTF, or boot with systemd.unified_cgroup_hierarchy=1";
    } else if (!cgroup.v1_path.empty()) {
        row.detail += "; containers are told apart by version 1, " + cgroup.v1_path;
    }
    return row;
}

CheckRow socket_row(const CheckFacts& facts) {
    return tried_row(facts, "programs of sockets", "workloads", facts.bpf.cgroup,
                     facts.bpf.reads_tasks ? "loaded, with names of processes"
                                           : "loaded; names are those of threads, without BTF",
                     "");
}

CheckRow kprobe_row(const CheckFacts& facts) {
    const BpfFacts& bpf = facts.bpf;
    if (fails(bpf.kprobe_event)) {
        const bool is_absent = bpf.kprobe_event->error().errnum == ENOENT;
        return tried_row(facts, "kprobes", "workloads", bpf.kprobe_event, "",
                         is_absent ? "a kernel with CONFIG_KPROBE_EVENTS, where cgroup v2 can't be used"
                                   : "CAP_PERFMON, and kernel.perf_event_paranoid of 2 or less");
    }
    std::string detail = "programs loaded, a probe opened";
    if (const auto paranoid = facts.host.perf_event_paranoid)
        detail += "; kernel.perf_event_paranoid is " + std::to_string(*paranoid);
    return tried_row(facts, "kprobes", "workloads", bpf.kprobe, std::move(detail),
                     facts.host.btf ? "" : "they need BTF");
}

CheckRow uprobe_row(const CheckFacts& facts, const Config& config) {
    const HostFacts& host = facts.host;
    CheckRow row{"uprobes", "calls", Finding::no, "", ""};
    if (!config.chains.libc_probes) {
        row.detail = "switched off by the configuration";
        row.remedy = "chains.libc_probes: true";
    } else if (!facts.bpf.uprobes) {
        row.detail = "this kernel has none";
        row.remedy = "a kernel with CONFIG_UPROBE_EVENTS; in a container, /sys must be mounted";
    } else if (!works(facts.bpf.calls)) {
        row = tried_row(facts, "uprobes", "calls", facts.bpf.calls, "", "");
    } else if (!has_capability(host, CAP_SYS_ADMIN)) {
        row.detail = "the programs load, but CAP_SYS_ADMIN is missing";
        row.remedy = "give CAP_SYS_ADMIN";
    } else if (host.own_pid_namespace) {
        row.finding = Finding::partly;
        row.detail = "of the processes in this PID namespace only";
        row.remedy = "run in the host's PID namespace (container: --pid=host)";
    } else if (!has_capability(host, CAP_SYS_PTRACE)) {
        row.finding = Finding::partly;
        row.detail = "of processes of the same user only";
        row.remedy = "give CAP_SYS_PTRACE";
    } else {
        row.finding = Finding::yes;
        row.detail = "programs loaded";
    }
    return row;
}

}  // namespace

CheckRows program_rows(const CheckFacts& facts, const Config& config) {
    return {call_row(facts),
            tried_row(facts, "ring buffer", "counting", facts.bpf.ring, "the kernel has it",
                      "Linux 5.8 or later"),
            current_row(facts),
            old_row(facts),
            tcx_row(facts),
            clsact_row(facts),
            cgroup_row(facts),
            socket_row(facts),
            kprobe_row(facts),
            uprobe_row(facts, config)};
}

}  // namespace dnsexp
