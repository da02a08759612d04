#include "exporter/bpf/probe_point.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <optional>
#include <string>

#include "exporter/base/unique_fd.h"

namespace dnsexp {
namespace {

// The kernel's number for a kind of probe: perf_event_open(2), "dynamic PMU".
std::optional<uint32_t> probe_type(const char* kind) {
    std::ifstream file(std::string("/sys/bus/event_source/devices/") + kind + "/type");
    uint32_t type = 0;
    if (!(file >> type)) return std::nullopt;
    return type;
}

}  // namespace

Status try_kprobe(const char* function) {
    const auto type = probe_type("kprobe");
    if (!type) return Error{"open kprobe", function, ENOENT, "this kernel has none", ""};
    perf_event_attr attributes{};
    attributes.type = *type;
    attributes.size = sizeof attributes;
    attributes.kprobe_func = reinterpret_cast<uintptr_t>(function);
    constexpr pid_t all_processes = -1;
    constexpr int any_cpu = 0, no_group = -1;  // a probe is on all CPUs whichever one it is opened for
    const UniqueFd event(static_cast<int>(
        syscall(SYS_perf_event_open, &attributes, all_processes, any_cpu, no_group, PERF_FLAG_FD_CLOEXEC)));
    if (!event) return Error{"open kprobe", function, errno, "", ""};
    return ok();
}

bool has_uprobes() {
    return probe_type("uprobe").has_value();
}

}  // namespace dnsexp
