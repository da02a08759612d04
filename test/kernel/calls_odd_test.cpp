// Calls that don't go as they should, by a C library that stands in for a real one (stand_in/libc.c).
#include <dlfcn.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csetjmp>
#include <ctime>

#include "exporter/bpf/return_probes.h"
#include "test/kernel/calls.h"
#include "test/kernel/stand_in/libc.h"

using namespace dnsexp;
using namespace dnsexp::test;

namespace {

// Mapped before the probes look.
stand_in_getaddrinfo* stand_in_call() {
    static void* library = dlopen(DNSEXP_STAND_IN "/libc.so", RTLD_NOW | RTLD_LOCAL);
    REQUIRE(library);
    return reinterpret_cast<stand_in_getaddrinfo*>(dlsym(library, "getaddrinfo"));
}

int ask(const char* name, void (*inside)(void*) = nullptr, void* data = nullptr, int returned = 0) {
    const struct stand_in task = {inside, data, returned};
    return stand_in_call()(name, nullptr, &task, nullptr);
}

std::vector<std::string> texts(const std::vector<CallRecord>& records) {
    std::vector<std::string> all;
    for (const CallRecord& record : records)
        all.push_back(record.name() +
                      (record.begins() ? " begins" : " " + std::to_string(record.event.outcome)));
    return all;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("A call's duration is that of the function", "[calls]") {
    stand_in_call();
    Calls calls;
    ask("slow", [](void*) { std::this_thread::sleep_for(std::chrono::milliseconds(50)); });
    const auto records = calls.take();
    REQUIRE(records.size() == 2);
    CHECK(records[1].event.latency_ns >= 50'000'000);
    CHECK(records[1].event.latency_ns < 50'000'000 + 100'000'000 * uint64_t{slow()});
}

TEST_CASE("What a call returns is told with its sign turned", "[calls]") {
    stand_in_call();
    Calls calls;
    ask("a", nullptr, nullptr, 0);
    ask("b", nullptr, nullptr, -11);  // EAI_SYSTEM
    ask("c", nullptr, nullptr, -105);
    CHECK(texts(calls.take()) == Texts{"a begins", "a 0", "b begins", "b 11", "c begins", "c 105"});
}

TEST_CASE("A call inside a call is part of it", "[calls]") {
    stand_in_call();
    Calls calls;
    ask("outer", [](void*) {
        ask(
            "inner", [](void*) { ask("innermost", nullptr, nullptr, -2); }, nullptr, -3);
        ask("another", nullptr, nullptr, -4);
    });
    ask("after");
    CHECK(texts(calls.take()) == Texts{"outer begins", "outer 0", "after begins", "after 0"});
    CHECK(calls.counts().forgotten == 0);
}

TEST_CASE("A call inside one without a name is part of it too", "[calls]") {
    stand_in_call();
    Calls calls;
    ask(nullptr, [](void*) { ask("inner"); });
    CHECK(calls.take().empty());
    CHECK(calls.counts().forgotten == 0);
}

TEST_CASE("A call that is left by longjmp() is forgotten, and the next one is told", "[calls]") {
    stand_in_call();
    Calls calls;
    std::jmp_buf back;
    if (setjmp(back) == 0)
        ask(
            "left", [](void* to) { std::longjmp(*static_cast<std::jmp_buf*>(to), 1); }, &back);
    ask("next");
    CHECK(texts(calls.take()) == Texts{"left begins", "next begins", "next 0"});
    CHECK(calls.counts().forgotten == 1);
}

TEST_CASE("A name that is not in memory when the call begins is told when it returns", "[calls]") {
    stand_in_call();
    Calls calls;
    const UniqueFd file(memfd_create("name", MFD_CLOEXEC));
    REQUIRE(write(file.get(), "late.example", 13) == 13);
    void* page = mmap(nullptr, 4096, PROT_READ, MAP_SHARED, file.get(), 0);
    REQUIRE(page != MAP_FAILED);
    ask(
        static_cast<const char*>(page), [](void* name) { (void)*static_cast<volatile char*>(name); }, page);
    CHECK(texts(calls.take()) == Texts{" begins", "late.example 0"});
    ask(static_cast<const char*>(page));
    CHECK(texts(calls.take()) == Texts{"late.example begins", "late.example 0"});
    munmap(page, 4096);
}

TEST_CASE("A name that is nowhere in memory is told as none", "[calls]") {
    stand_in_call();
    Calls calls;
    ask(reinterpret_cast<const char*>(8));
    CHECK(texts(calls.take()) == Texts{" begins", " 0"});
}

TEST_CASE("A process under a seccomp filter has its call told, and lives", "[calls]") {
    stand_in_call();
    Calls calls;
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {  // as strict as can be: read, write, exit and what a signal's handler returns by
        if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0) _exit(2);
        ask("strict");
        syscall(SYS_exit, 0);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    CHECK(texts(calls.take(static_cast<uint32_t>(child))) == Texts{"strict begins", "strict 0"});
}

TEST_CASE("Whether filters see a system call is known", "[calls]") {
    const auto ordinary = is_seen_by_seccomp(SYS_getppid);
    REQUIRE(ordinary);
    CHECK(ordinary.value());
    CHECK(check_return_probes());
}

TEST_CASE("Who calls without end is told of up to a limit, and counted", "[calls]") {
    constexpr uint32_t most = 20000, burst = 4096;  // ebpf/resolver.bpf.c
    stand_in_call();
    Calls calls;
    cpu_set_t before, one;
    REQUIRE(sched_getaffinity(0, sizeof before, &before) == 0);
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
    ask("first");
    std::this_thread::sleep_for(std::chrono::milliseconds(500));  // what is not used up in time is not kept
    const auto begin = std::chrono::steady_clock::now();
    for (uint32_t i = 0; i < most; ++i) ask("flood");
    const auto took = std::chrono::steady_clock::now() - begin;
    REQUIRE(sched_setaffinity(0, sizeof before, &before) == 0);
    const auto ms =
        static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
    const dns_call_stats counts = calls.quiet_counts();
    const uint64_t told = calls.take().size() / 2;
    CHECK(told >= burst);
    CHECK(told <= 1 + burst + ms + 1);
    CHECK(counts.begun >= most);  // other processes may call too
    CHECK(counts.limited >= most - told);
    CHECK(counts.events_submitted == 2 * (counts.begun - counts.limited));
}

TEST_CASE("A record wakes nobody: the reader comes by itself", "[calls]") {
    constexpr auto patience = std::chrono::milliseconds(500);
    stand_in_call();
    Calls calls;
    (void)calls.take();
    std::chrono::steady_clock::duration waited{};
    {
        const std::jthread waiting([&] {
            pollfd ring = {calls.events(), POLLIN, 0};
            const auto begin = std::chrono::steady_clock::now();
            CHECK(poll(&ring, 1, patience.count()) == 1);  // it looks once more when its time is over
            waited = std::chrono::steady_clock::now() - begin;
        });
        std::this_thread::sleep_for(patience / 5);
        ask("quiet.example");
    }
    CHECK(waited >= patience);
}

TEST_CASE("Records that the ring refuses are counted", "[calls]") {
    stand_in_call();
    Calls calls(static_cast<uint32_t>(getpagesize()));
    for (int i = 0; i < 100; ++i) ask("refused.example");
    const dns_call_stats counts = calls.quiet_counts();
    CHECK(counts.events_ring_full > 0);
    CHECK(counts.events_submitted + counts.events_ring_full == 2 * counts.begun);
    CHECK(calls.take().size() <= counts.events_submitted);
    ask("again.example");
    CHECK(texts(calls.take()) == Texts{"again.example begins", "again.example 0"});
}
