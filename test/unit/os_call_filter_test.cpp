#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cerrno>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "exporter/os/call_filter.h"
#include "exporter/os/capabilities.h"
#include "test/support/child.h"

using namespace dnsexp;

namespace {

struct Attempt {
    const char* name;
    std::function<long()> call;
    int error = EPERM;  // that it must fail with
};

long bpf(int command) {
    bpf_attr attributes{};
    attributes.map_fd = static_cast<__u32>(-1);
    return syscall(SYS_bpf, command, &attributes, sizeof attributes);
}

// Without the filter each of them, made by root, works or fails with another error.
std::vector<Attempt> forbidden() {
    return {
        {"execve", [] { return syscall(SYS_execve, "/nowhere", nullptr, nullptr); }},
        {"execveat", [] { return syscall(SYS_execveat, AT_FDCWD, "/nowhere", nullptr, nullptr, 0); }},
        {"fork", [] { return syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr); }},
        {"a thread in a namespace of its own",
         [] {
             constexpr long flags = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM | CLONE_NEWNET;
             return syscall(SYS_clone, flags, nullptr, nullptr, nullptr, nullptr);
         }},
        {"clone3", [] { return syscall(SYS_clone3, nullptr, 0); }, ENOSYS},
        {"ptrace", [] { return syscall(SYS_ptrace, PTRACE_SEIZE, getppid(), 0, 0); }},
        {"process_vm_readv",
         [] {
             char octet = 0;
             iovec to{&octet, 1}, from{&octet, 1};
             return syscall(SYS_process_vm_readv, getppid(), &to, 1, &from, 1, 0);
         }},
        {"pidfd_open", [] { return syscall(SYS_pidfd_open, getppid(), 0); }},
        {"kill another", [] { return syscall(SYS_kill, getppid(), 0); }},
        {"tgkill another", [] { return syscall(SYS_tgkill, getppid(), getppid(), 0); }},
        {"mount", [] { return syscall(SYS_mount, "none", "/nowhere", "tmpfs", 0, nullptr); }},
        {"fsopen", [] { return syscall(SYS_fsopen, "no such type", 0); }},
        {"umount", [] { return syscall(SYS_umount2, "/nowhere", 0); }},
        {"pivot_root", [] { return syscall(SYS_pivot_root, "/nowhere", "/nowhere"); }},
        {"chroot", [] { return syscall(SYS_chroot, "/nowhere"); }},
        {"unshare", [] { return syscall(SYS_unshare, 0); }},
        {"setns", [] { return syscall(SYS_setns, -1, 0); }},
        {"init_module", [] { return syscall(SYS_finit_module, -1, "", 0); }},
        {"kexec", [] { return syscall(SYS_kexec_load, 0, 0, nullptr, 0x7fff); }},
        {"keyctl", [] { return syscall(SYS_keyctl, -1); }},
        {"io_uring", [] { return syscall(SYS_io_uring_setup, 0, nullptr); }},
        {"setuid", [] { return syscall(SYS_setuid, getuid()); }},
        {"capset", [] { return syscall(SYS_capset, nullptr, nullptr); }},
        {"seccomp", [] { return syscall(SYS_seccomp, 99, 0, nullptr); }},
        {"userfaultfd", [] { return syscall(SYS_userfaultfd, -1); }},
        {"packet socket", [] { return long{socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ALL))}; }},
        {"raw packet socket", [] { return long{socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL))}; }},
        {"raw socket", [] { return long{socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)}; }},
        {"raw socket with flags",
         [] { return long{socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6)}; }},
        {"another netlink", [] { return long{socket(AF_NETLINK, SOCK_RAW, 9)}; }},  // NETLINK_AUDIT
        {"type into a terminal",
         [] {
             char letter = 'x';
             return syscall(SYS_ioctl, -1, 0x5412, &letter);  // TIOCSTI
         }},
        {"limits of another",
         [] { return syscall(SYS_prlimit64, getppid(), RLIMIT_NOFILE, nullptr, nullptr); }},
        {"another prctl", [] { return long{prctl(PR_SET_DUMPABLE, 1)}; }},
        {"load a program", [] { return bpf(BPF_PROG_LOAD); }},
        {"make a map", [] { return bpf(BPF_MAP_CREATE); }},
        {"load types", [] { return bpf(BPF_BTF_LOAD); }},
        {"pin", [] { return bpf(BPF_OBJ_PIN); }},
        {"open a map by its number", [] { return bpf(BPF_MAP_GET_FD_BY_ID); }},
    };
}

// Names of those that did not fail as they should.
std::string not_refused(const std::vector<Attempt>& attempts) {
    std::string names;
    for (const Attempt& attempt : attempts) {
        errno = 0;
        if (attempt.call() >= 0 || errno != attempt.error) names += std::string(attempt.name) + "; ";
    }
    return names;
}

Status filter(bool attaches) {
    if (auto status = forbid_new_privileges(); !status) return status;
    return filter_system_calls({.attaches = attaches});
}

}  // namespace

TEST_CASE("What an intruder would want is refused, with an error and no crash") {
    CHECK(test::in_child(
              []() -> std::string { return filter(true) ? not_refused(forbidden()) : "no filter"; }) == "");
}

TEST_CASE("A thread that began before is under the filter too, and one that comes later") {
    const std::string said = test::in_child([]() -> std::string {
        std::string failed;
        std::atomic<bool> filtered = false;
        std::thread before([&] {
            filtered.wait(false);
            failed += not_refused(forbidden());
        });
        const bool worked = static_cast<bool>(filter(true));
        filtered = true;
        filtered.notify_all();
        before.join();
        std::thread([&] { failed += not_refused(forbidden()); }).join();
        return worked ? failed : "no filter";
    });
    CHECK(said == "");
}

TEST_CASE("Attaching is refused where nothing is to be attached any more, and else left to the kernel") {
    const auto attempts = [](int error) {
        return std::vector<Attempt>{
            {"link", [] { return bpf(BPF_LINK_CREATE); }, error == EPERM ? EPERM : EBADF},
            {"probe", [] { return syscall(SYS_perf_event_open, nullptr, -1, -1, -1, 0); }, error},
        };
    };
    CHECK(test::in_child([&] { return filter(false) ? not_refused(attempts(EPERM)) : "no filter"; }) == "");
    CHECK(test::in_child([&] { return filter(true) ? not_refused(attempts(EFAULT)) : "no filter"; }) == "");
}

TEST_CASE("Under the filter ordinary work goes on") {
    const std::string said = test::in_child([]() -> std::string {
        if (!filter(false)) return "no filter";
        std::string failed;
        const auto expect = [&failed](bool worked, const char* what) {
            if (!worked) failed += std::string(what) + ": " + std::to_string(errno) + "; ";
        };
        int number = 0;
        std::thread([&number] { number = 1; }).join();
        expect(number == 1, "thread");
        addrinfo* found = nullptr;
        expect(getaddrinfo("localhost", "53", nullptr, &found) == 0, "getaddrinfo");
        if (found) freeaddrinfo(found);
        for (const int family : {AF_INET, AF_INET6, AF_UNIX})
            for (const int kind : {int{SOCK_STREAM}, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK})
                expect(socket(family, kind, 0) >= 0 || errno == EAFNOSUPPORT, "socket");
        expect(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0) >= 0, "rtnetlink");
        expect(std::ifstream("/proc/self/status").good(), "file");
        expect(raise(SIGCONT) == 0, "raise");
        rlimit limit{};
        expect(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
        expect(bpf(BPF_MAP_LOOKUP_ELEM) < 0 && errno == EBADF, "map");
        expect(bpf(BPF_PROG_TEST_RUN) < 0 && errno != EPERM, "test run");
        return failed;
    });
    CHECK(said == "");
}

TEST_CASE("Who may not set a filter is told which flag goes without") {
    if (geteuid() != 0) {
        WARN("skipped: an unprivileged user may not set one in any case; run it as root");
        return;
    }
    const std::string said = test::in_child([]() -> std::string {
        // A filter that refuses seccomp(2): the second one.
        if (!filter(true)) return "no filter";
        const auto again = filter_system_calls({});
        return again ? "filtered twice" : again.error().message();
    });
    CHECK(said.find("--seccomp.filter=off") != std::string::npos);
}
