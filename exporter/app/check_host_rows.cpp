#include <linux/capability.h>

#include <cstdio>

#include "exporter/app/check_judge.h"
#include "exporter/os/privileges.h"

namespace dnsexp {
namespace {

constexpr uint64_t kOwnMemory = 32ULL << 20;  // README.md, needs: of the process, beside the maps
// The programs' maps, two probes with two descriptors each in 64 C libraries, and connections.
constexpr uint64_t kFilesWanted = 512;
constexpr std::pair kMemlockUnused{5, 11};  // from it on, memory of maps counts in the cgroup

struct Needed {
    int number;
    const char* name;
    const char* purpose;
    bool admin_stands_for_it;
    const char* what;
    const char* without;
};

constexpr Needed kNeeded[] = {
    {CAP_BPF, "CAP_BPF", "counting", true, "loads programs, makes maps", "no program can be loaded"},
    {CAP_NET_ADMIN, "CAP_NET_ADMIN", "counting", false, "attaches programs to interfaces and cgroups",
     "no program can be attached to interfaces"},
    {CAP_PERFMON, "CAP_PERFMON", "counting", true, "lets programs use pointers, and probe",
     "the kernel refuses the programs"},
    {CAP_SYS_ADMIN, "CAP_SYS_ADMIN", "calls", false, "opens the C libraries of processes, for uprobes",
     "calls of getaddrinfo() are not seen, and cgroup version 2 only where it is mounted"},
    {CAP_SYS_PTRACE, "CAP_SYS_PTRACE", "workloads", false, "looks into other users' processes",
     "of other users' processes, sockets that were open before, search lists and C libraries are not known"},
};

std::string mebibytes(uint64_t octets) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f MiB", static_cast<double>(octets) / (1 << 20));
    return text;
}

CheckRow kernel_row(const HostFacts& host) {
    CheckRow row{"kernel", "counting", Finding::yes, host.sysname + " " + host.release, ""};
    if (const auto status = judge_kernel(host.sysname, host.release); !status) {
        row.finding = Finding::no;
        row.detail += ": " + status.error().detail;
        row.remedy = status.error().hint;
    }
    return row;
}

CheckRow architecture_row(const HostFacts& host) {
    if (host.machine == "x86_64") return {"architecture", "counting", Finding::yes, host.machine, ""};
    return {"architecture", "counting", Finding::unknown,
            host.machine + ": the exporter is tested on x86_64 alone", ""};
}

CheckRow btf_row(const HostFacts& host) {
    if (host.btf) return {"BTF", "workloads", Finding::yes, "/sys/kernel/btf/vmlinux", ""};
    return {"BTF", "workloads", Finding::no,
            "/sys/kernel/btf/vmlinux can't be read: names are those of threads, and there are no kprobes",
            "a kernel with CONFIG_DEBUG_INFO_BTF; in a container, /sys must be mounted"};
}

CheckRow lockdown_row(const HostFacts& host) {
    if (host.lockdown == "confidentiality")
        return {"lockdown", "workloads", Finding::partly,
                "confidentiality: programs may not read the kernel's memory, and there are no kprobes",
                "boot with lockdown=integrity"};
    return {"lockdown", "workloads", Finding::yes,
            host.lockdown.empty() ? "not told" : host.lockdown + ": nothing that is needed is forbidden", ""};
}

CheckRow jit_row(const HostFacts& host) {
    if (!host.jit)
        return {"BPF JIT", "counting", Finding::unknown, "net.core.bpf_jit_enable is for root to read", ""};
    if (*host.jit != 0) return {"BPF JIT", "counting", Finding::yes, "enabled", ""};
    return {"BPF JIT", "counting", Finding::partly, "disabled: programs run several times slower",
            "sysctl -w net.core.bpf_jit_enable=1"};
}

CheckRow capability_row(const HostFacts& host, const Needed& needed) {
    CheckRow row{needed.name, needed.purpose, Finding::yes, needed.what, ""};
    if (has_capability(host, needed.number)) return row;
    if (needed.admin_stands_for_it && has_capability(host, CAP_SYS_ADMIN)) {
        row.detail += " (CAP_SYS_ADMIN stands for it)";
        return row;
    }
    const std::string bare = std::string(needed.name).substr(std::string_view("CAP_").size());
    row.finding = host.capabilities ? Finding::no : Finding::unknown;
    row.detail = std::string("missing: ") + needed.without;
    row.remedy = std::string("run as root, or with AmbientCapabilities=") + needed.name +
                 " (systemd), --cap-add " + bare + " (container)";
    return row;
}

CheckRow memlock_row(const HostFacts& host) {
    CheckRow row{"memlock", "counting", Finding::yes, "", ""};
    const auto version = parse_release(host.release);
    if (version && *version >= kMemlockUnused)
        row.detail = "counts for nothing since Linux 5.11";
    else if (host.memlock == UINT64_MAX)
        row.detail = "unlimited";
    else if (has_capability(host, CAP_SYS_RESOURCE))
        row.detail = "limited, and CAP_SYS_RESOURCE lets the exporter raise it";
    else
        return {"memlock", "counting", Finding::no,
                "limited to " + mebibytes(host.memlock) + ", which holds for maps before Linux 5.11",
                "LimitMEMLOCK=infinity (systemd), --ulimit memlock=-1 (container)"};
    return row;
}

CheckRow files_row(const HostFacts& host) {
    if (host.open_files >= kFilesWanted)
        return {"open files", "counting", Finding::yes,
                host.open_files == UINT64_MAX ? "unlimited" : "up to " + std::to_string(host.open_files), ""};
    return {"open files", "counting", Finding::partly,
            "only " + std::to_string(host.open_files) + ": with many C libraries or connections, too few",
            "LimitNOFILE=" + std::to_string(2 * kFilesWanted) + " (systemd), ulimit -n"};
}

CheckRow memory_row(const CheckFacts& facts) {
    const uint64_t maps = facts.bpf.map_bytes;
    if (maps == 0)
        return {"memory", "counting", Finding::unknown, "told where the programs can be loaded", ""};
    CheckRow row{"memory", "counting", Finding::yes, "maps take " + mebibytes(maps), ""};
    if (!facts.host.memory) {
        row.detail += "; no limit of a cgroup is known";
        return row;
    }
    const uint64_t left = facts.host.memory->left();
    row.detail += "; the cgroup has " + mebibytes(left) + " left";
    if (left >= maps + kOwnMemory) return row;
    row.finding = Finding::no;
    row.detail += ", less than maps and exporter take";
    row.remedy = "raise memory.max, or lower performance.pending_queries_max";
    return row;
}

}  // namespace

CheckRows host_rows(const CheckFacts& facts) {
    const HostFacts& host = facts.host;
    CheckRows rows = {kernel_row(host), architecture_row(host), btf_row(host), lockdown_row(host),
                      jit_row(host)};
    for (const Needed& needed : kNeeded) rows.push_back(capability_row(host, needed));
    rows.push_back(memlock_row(host));
    rows.push_back(files_row(host));
    rows.push_back(memory_row(facts));
    return rows;
}

}  // namespace dnsexp
