#include "exporter/os/capabilities.h"

#include <linux/bpf.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string_view>
#include <thread>

#include "exporter/os/every_thread.h"
#include "exporter/os/privileges.h"
#include "exporter/os/read_file.h"

namespace dnsexp {
namespace {

constexpr unsigned int kWordBits = 32;  // capset(2) has its sets as two words

constexpr std::string_view kNames[] = {"CHOWN",
                                       "DAC_OVERRIDE",
                                       "DAC_READ_SEARCH",
                                       "FOWNER",
                                       "FSETID",
                                       "KILL",
                                       "SETGID",
                                       "SETUID",
                                       "SETPCAP",
                                       "LINUX_IMMUTABLE",
                                       "NET_BIND_SERVICE",
                                       "NET_BROADCAST",
                                       "NET_ADMIN",
                                       "NET_RAW",
                                       "IPC_LOCK",
                                       "IPC_OWNER",
                                       "SYS_MODULE",
                                       "SYS_RAWIO",
                                       "SYS_CHROOT",
                                       "SYS_PTRACE",
                                       "SYS_PACCT",
                                       "SYS_ADMIN",
                                       "SYS_BOOT",
                                       "SYS_NICE",
                                       "SYS_RESOURCE",
                                       "SYS_TIME",
                                       "SYS_TTY_CONFIG",
                                       "MKNOD",
                                       "LEASE",
                                       "AUDIT_WRITE",
                                       "AUDIT_CONTROL",
                                       "SETFCAP",
                                       "MAC_OVERRIDE",
                                       "MAC_ADMIN",
                                       "SYSLOG",
                                       "WAKE_ALARM",
                                       "BLOCK_SUSPEND",
                                       "AUDIT_READ",
                                       "PERFMON",
                                       "BPF",
                                       "CHECKPOINT_RESTORE"};  // linux/capability.h

constexpr uint64_t bit(int capability) {
    return uint64_t{1} << capability;
}

// What the threads are to keep; read in a signal's handler.
std::atomic<uint64_t> goal{0};
static_assert(std::atomic<uint64_t>::is_always_lock_free);

// Whatever fails is seen in what the kernel tells of the thread. System calls only: glibc's functions are not
// for handlers of signals.
void set_capabilities(uint64_t keep) noexcept {
    __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct sets[2] = {};
    for (unsigned int word = 0; word < 2; ++word)
        sets[word].permitted = sets[word].effective = static_cast<__u32>(keep >> (word * kWordBits));
    (void)syscall(SYS_capset, &head, sets);
}

// The bounding set first, while CAP_SETPCAP is there. A number that the kernel does not know ends it.
void drop_in_this_thread() noexcept {
    const uint64_t keep = goal.load();
    for (unsigned long capability = 0; capability < 2 * kWordBits; ++capability) {
        const long known = syscall(SYS_prctl, PR_CAPBSET_READ, capability, 0, 0, 0);
        if (known < 0) break;
        if (known == 1 && (keep >> capability & 1) == 0)
            (void)syscall(SYS_prctl, PR_CAPBSET_DROP, capability, 0, 0, 0);
    }
    (void)syscall(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    set_capabilities(keep);
}

// Whether a thread has come to where it shall be; `status` is its /proc/PID/task/TID/status.
bool has_dropped(const std::string& status, uint64_t keep, bool bounding) {
    const auto is = [&status](const char* key, uint64_t expected) {
        const auto set = parse_capabilities(status, key);
        return set && set.value() == expected;
    };
    const auto bound = parse_capabilities(status, "CapBnd:");
    return is("CapPrm:", keep) && is("CapEff:", keep) && is("CapInh:", 0) && is("CapAmb:", 0) && bound &&
           (!bounding || (bound.value() & ~keep) == 0);
}

}  // namespace

uint64_t capabilities_to_keep(const CapabilityNeeds& needs, uint64_t permitted) {
    uint64_t keep = 0;
    const auto take = [&keep, permitted](int capability) {
        // CAP_BPF and CAP_PERFMON were parts of CAP_SYS_ADMIN, which still stands for them.
        const bool was_admin = capability == CAP_BPF || capability == CAP_PERFMON;
        keep |= was_admin && (permitted & bit(capability)) == 0 ? bit(CAP_SYS_ADMIN) : bit(capability);
    };
    if (needs.attaches)
        for (const int capability : {CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON}) take(capability);
    if (needs.removes_filters) take(CAP_NET_ADMIN);
    if (needs.probes_libcs)
        for (const int capability : {CAP_SYS_ADMIN, CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE}) take(capability);
    if (needs.reads_processes) take(CAP_SYS_PTRACE);
    if (needs.calls_bpf_by_capability) take(CAP_BPF);
    return keep & permitted;
}

std::string capability_names(uint64_t set) {
    std::string text;
    for (size_t number = 0; number < 2 * kWordBits; ++number) {
        if ((set >> number & 1) == 0) continue;
        if (!text.empty()) text += ' ';
        text += "CAP_";
        text += number < std::size(kNames) ? std::string(kNames[number]) : std::to_string(number);
    }
    return text.empty() ? "none" : text;
}

bool bpf_takes_capability() {
    bool refused = false;
    std::thread([&refused] {
        set_capabilities(0);
        bpf_attr attributes{};
        attributes.map_fd = static_cast<__u32>(-1);  // EBADF from a kernel that would look
        refused = syscall(SYS_bpf, BPF_MAP_LOOKUP_ELEM, &attributes, sizeof attributes) < 0 && errno == EPERM;
    }).join();
    return refused;
}

Result<uint64_t> permitted_capabilities() {
    const auto status = read_file("/proc/thread-self/status");
    if (!status) return status.error();
    return parse_capabilities(status.value(), "CapPrm:");
}

Status drop_capabilities(uint64_t keep) {
    const auto permitted = permitted_capabilities();
    if (!permitted) return permitted.error();
    const bool bounding = (permitted.value() & bit(CAP_SETPCAP)) != 0;
    goal = keep;
    auto status = in_every_thread(drop_in_this_thread, [keep, bounding](const std::string& text) {
        return has_dropped(text, keep, bounding);
    });
    if (status) return status;
    Error error = status.error();
    error.operation = "drop capabilities: " + error.operation;
    error.hint = "--capabilities.drop=none goes without";
    return error;
}

Status forbid_new_privileges() {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Error{"set no_new_privs", "", errno, "", ""};
    return ok();
}

}  // namespace dnsexp
