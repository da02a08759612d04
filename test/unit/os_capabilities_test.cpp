#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include "exporter/os/capabilities.h"
#include "test/support/child.h"

using namespace dnsexp;

namespace {

// Numbers of capabilities(7), written out: independent of the header that the code includes.
constexpr uint64_t kDacReadSearch = 1ULL << 2, kNetAdmin = 1ULL << 12, kPtrace = 1ULL << 19,
                   kSysAdmin = 1ULL << 21, kPerfmon = 1ULL << 38, kBpf = 1ULL << 39;
constexpr uint64_t kAll = (1ULL << 41) - 1;

// Lines of all threads' status files that begin so, without those that are as wanted.
std::string other_than(const std::string& key, const std::string& wanted) {
    std::string others;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream file(entry.path() / "status");
        for (std::string line; std::getline(file, line);)
            if (line.starts_with(key) && line != key + "\t" + wanted) others += line + "\n";
    }
    return others;
}

std::string hexadecimal(uint64_t set) {
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(set));
    return text;
}

// Threads that wait until the end, with every signal blocked that may be, if so wanted.
class Waiters {
  public:
    explicit Waiters(bool deaf) {
        sigset_t all, before;
        sigfillset(&all);
        if (deaf) pthread_sigmask(SIG_SETMASK, &all, &before);
        for (int i = 0; i < 3; ++i)
            threads_[i] = std::thread([this] {
                while (!over_) over_.wait(false);
            });
        if (deaf) pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }
    ~Waiters() {
        over_ = true;
        over_.notify_all();
        for (std::thread& thread : threads_) thread.join();
    }
    Waiters(const Waiters&) = delete;
    Waiters& operator=(const Waiters&) = delete;

  private:
    std::atomic<bool> over_ = false;
    std::thread threads_[3];
};

}  // namespace

TEST_CASE("What is kept is what the needs take, of what is there") {
    CHECK(capabilities_to_keep({}, kAll) == 0);
    CHECK(capabilities_to_keep({.attaches = true}, kAll) == (kBpf | kNetAdmin | kPerfmon));
    CHECK(capabilities_to_keep({.attaches = true, .probes_libcs = true}, kAll) ==
          (kBpf | kNetAdmin | kPerfmon | kSysAdmin | kPtrace | kDacReadSearch));
    CHECK(capabilities_to_keep({.attaches = true, .reads_processes = true}, kAll) ==
          (kBpf | kNetAdmin | kPerfmon | kPtrace));
    CHECK(capabilities_to_keep({.attaches = true, .reads_processes = true}, kBpf | kNetAdmin | kPerfmon) ==
          (kBpf | kNetAdmin | kPerfmon));
    CHECK(capabilities_to_keep({.removes_filters = true}, kAll) == kNetAdmin);
    CHECK(capabilities_to_keep({.calls_bpf_by_capability = true}, kAll) == kBpf);
    CHECK(capabilities_to_keep({.attaches = true}, 0) == 0);
}

TEST_CASE("CAP_SYS_ADMIN is kept where it stands for CAP_BPF or CAP_PERFMON") {
    CHECK(capabilities_to_keep({.attaches = true}, kSysAdmin | kNetAdmin) == (kSysAdmin | kNetAdmin));
    CHECK(capabilities_to_keep({.attaches = true}, kSysAdmin | kNetAdmin | kBpf) ==
          (kSysAdmin | kNetAdmin | kBpf));
    CHECK(capabilities_to_keep({.calls_bpf_by_capability = true}, kSysAdmin) == kSysAdmin);
}

TEST_CASE("Capabilities are named as in capabilities(7)") {
    CHECK(capability_names(0) == "none");
    CHECK(capability_names(kBpf | kNetAdmin | kPerfmon) == "CAP_NET_ADMIN CAP_PERFMON CAP_BPF");
    CHECK(capability_names(1 | 1ULL << 40) == "CAP_CHOWN CAP_CHECKPOINT_RESTORE");
    CHECK(capability_names(kSysAdmin | kPtrace | kDacReadSearch) ==
          "CAP_DAC_READ_SEARCH CAP_SYS_PTRACE CAP_SYS_ADMIN");
    CHECK(capability_names(1ULL << 63) == "CAP_63");
}

TEST_CASE("Linux 5.19 and later let anybody look into a map whose descriptor he has") {
    utsname name{};
    REQUIRE(uname(&name) == 0);
    int major = 0, minor = 0;
    REQUIRE(std::sscanf(name.release, "%d.%d", &major, &minor) == 2);
    if (major > 5 || (major == 5 && minor >= 19)) CHECK_FALSE(bpf_takes_capability());
    // It is tried in a thread of its own.
    CHECK(other_than("CapPrm:", hexadecimal(permitted_capabilities().value())) == "");
}

TEST_CASE("Every thread is left with what is to be kept, also those that began before") {
    const uint64_t permitted = permitted_capabilities().value();
    const uint64_t keep = permitted & (kNetAdmin | kBpf);  // of an unprivileged user: none
    const bool may_bound = (permitted >> 8 & 1) != 0;      // CAP_SETPCAP
#ifdef __SANITIZE_THREAD__
    WARN("not tested: ThreadSanitizer's own thread blocks every signal");
    return;
#endif
    const std::string said = test::in_child([&]() -> std::string {
        const Waiters waiters(false);
        const auto status = drop_capabilities(keep);
        if (!status) return status.error().message();
        std::string others = other_than("CapPrm:", hexadecimal(keep)) +
                             other_than("CapEff:", hexadecimal(keep)) +
                             other_than("CapInh:", hexadecimal(0)) + other_than("CapAmb:", hexadecimal(0));
        if (may_bound) others += other_than("CapBnd:", hexadecimal(keep));
        if (std::distance(std::filesystem::directory_iterator("/proc/self/task"), {}) != 4)
            others += "threads?";
        return others;
    });
    CHECK(said == "");
}

TEST_CASE("A thread that no signal reaches is named") {
    if (permitted_capabilities().value() == 0) {
        WARN("skipped: there is no capability to drop; run it as root");
        return;
    }
    const std::string said = test::in_child([]() -> std::string {
        const Waiters waiters(true);
        const auto status = drop_capabilities(0);
        return status ? "dropped" : status.error().message();
    });
    CHECK(said.starts_with("drop capabilities: reach thread "));
    CHECK(said.find("--capabilities.drop=none") != std::string::npos);
}

TEST_CASE("No new privileges holds for threads that come later") {
    const std::string said = test::in_child([]() -> std::string {
        if (!forbid_new_privileges()) return "failed";
        const Waiters waiters(false);
        return other_than("NoNewPrivs:", "1");
    });
    CHECK(said == "");
}
