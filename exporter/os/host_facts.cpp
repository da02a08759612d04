#include "exporter/os/host_facts.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <charconv>

#include "exporter/os/privileges.h"
#include "exporter/os/read_file.h"

namespace dnsexp {
namespace {

// Inodes of the first namespaces of their kinds (include/linux/proc_ns.h of the kernel).
constexpr ino_t kFirstUserNamespace = 0xEFFFFFFD;
constexpr ino_t kFirstPidNamespace = 0xEFFFFFFC;
constexpr const char* kCgroupRoot = "/sys/fs/cgroup";

std::string text_of(const std::string& path) {
    auto text = read_file(path);
    return text ? std::move(text).value() : "";
}

template <typename Number>
std::optional<Number> number_of(const std::string& path) {
    const std::string text = text_of(path);
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return std::nullopt;
    return number;
}

// A namespace that can't be looked at is taken for the host's.
bool is_other_than(const char* path, ino_t first) {
    struct stat info {};
    return stat(path, &info) == 0 && info.st_ino != first;
}

uint64_t soft_limit(__rlimit_resource resource) {
    rlimit limit{};
    if (getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return UINT64_MAX;
    return limit.rlim_cur;
}

void read_process(HostFacts& facts) {
    const std::string status = text_of("/proc/thread-self/status");
    if (const auto effective = parse_effective_capabilities(status)) facts.capabilities = effective.value();
    facts.seccomp_filter = has_seccomp_filter(status);
    facts.own_user_namespace = is_other_than("/proc/self/ns/user", kFirstUserNamespace);
    facts.own_pid_namespace = is_other_than("/proc/self/ns/pid", kFirstPidNamespace);
    facts.memlock = soft_limit(RLIMIT_MEMLOCK);
    facts.open_files = soft_limit(RLIMIT_NOFILE);
    if (const auto cgroup = parse_unified_cgroup(text_of("/proc/self/cgroup")))
        facts.memory = read_memory_limit(kCgroupRoot, *cgroup);
}

// The next line of `text`, which is cut off it.
std::string_view take_line(std::string_view& text) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

}  // namespace

bool has_seccomp_filter(std::string_view status) {
    while (!status.empty()) {
        const std::string_view line = take_line(status);
        if (line.starts_with("Seccomp:")) return line.ends_with('2');
    }
    return false;
}

std::string parse_lockdown(std::string_view text) {
    const size_t begin = text.find('['), end = text.find(']');
    if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return "";
    return std::string(text.substr(begin + 1, end - begin - 1));
}

std::optional<std::string> parse_unified_cgroup(std::string_view text) {
    constexpr std::string_view unified = "0::";
    while (!text.empty()) {
        const std::string_view line = take_line(text);
        if (line.starts_with(unified)) return std::string(line.substr(unified.size()));
    }
    return std::nullopt;
}

std::optional<MemoryLimit> read_memory_limit(const std::string& root, std::string path) {
    std::optional<MemoryLimit> tightest;
    for (;;) {
        const std::string folder = root + path;
        const auto limit = number_of<uint64_t>(folder + "/memory.max");  // "max" is no number
        const auto used = number_of<uint64_t>(folder + "/memory.current");
        if (limit && used) {
            const MemoryLimit found{*limit, *used};
            if (!tightest || found.left() < tightest->left()) tightest = found;
        }
        const size_t slash = path.rfind('/');
        if (path.empty() || slash == std::string::npos) return tightest;
        path.resize(slash);
    }
}

HostFacts read_host_facts() {
    HostFacts facts;
    utsname name{};
    if (uname(&name) == 0) {
        facts.sysname = name.sysname;
        facts.release = name.release;
        facts.machine = name.machine;
    }
    facts.btf = access("/sys/kernel/btf/vmlinux", R_OK) == 0;
    facts.lockdown = parse_lockdown(text_of("/sys/kernel/security/lockdown"));
    facts.jit = number_of<int>("/proc/sys/net/core/bpf_jit_enable");
    facts.unprivileged_bpf_disabled = number_of<int>("/proc/sys/kernel/unprivileged_bpf_disabled");
    facts.perf_event_paranoid = number_of<int>("/proc/sys/kernel/perf_event_paranoid");
    read_process(facts);
    return facts;
}

}  // namespace dnsexp
