#include "exporter/bpf/return_probes.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>

namespace dnsexp {
namespace {

constexpr int kUretprobe = 335;  // arch/x86/entry/syscalls/syscall_64.tbl
constexpr int kMark = 1234;      // an errno that no kernel returns
enum Ending { seen = 7, not_seen, failed };

// Runs in the child of a process with threads: system calls only.
[[noreturn]] void make_call(int number) {
    sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<__u32>(number), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | kMark),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog filter = {std::size(code), code};
    signal(SIGILL, SIG_DFL);    // by which the kernel ends who calls uretprobe(2) itself
    prctl(PR_SET_DUMPABLE, 0);  // without leaving a core
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
        _exit(failed);
    _exit(syscall(number) == -1 && errno == kMark ? seen : not_seen);
}

bool is_since(int major, int minor) {
    utsname name{};
    int has_major = 0, has_minor = 0;
    if (uname(&name) != 0 || std::sscanf(name.release, "%d.%d", &has_major, &has_minor) != 2) return true;
    return has_major > major || (has_major == major && has_minor >= minor);
}

}  // namespace

Result<bool> is_seen_by_seccomp(int number) {
    const pid_t child = fork();
    if (child < 0) return Error{"fork", "", errno, "", ""};
    if (child == 0) make_call(number);
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return Error{"wait for a process", "", errno, "", ""};
    // The call that only a probed function may make ends others by a signal.
    if (WIFSIGNALED(status)) return false;
    if (WEXITSTATUS(status) == failed) return Error{"set a seccomp filter", "", 0, "", ""};
    return WEXITSTATUS(status) == seen;
}

Status check_return_probes() {
#if defined(__x86_64__)
    if (!is_since(6, 11)) return ok();
    const auto seen_there = is_seen_by_seccomp(kUretprobe);
    if (!seen_there) return seen_there.error();
    if (seen_there.value())
        return Error{"probe returns of functions", "", 0,
                     "on this kernel, that kills processes under a seccomp filter",
                     "Linux 6.14 and the last releases of 6.12 and 6.13 do better"};
#endif
    return ok();
}

}  // namespace dnsexp
