#include "exporter/app/check_judge.h"

#include <catch2/catch.hpp>
#include <cerrno>

#include "test/support/played_host.h"

using namespace dnsexp;

namespace {

CheckReport judge(const CheckFacts& facts, const Config& config = {}) {
    const CheckReport report = judge_host(facts, config);
    for (const CheckRow& row : report.rows) {
        INFO(row.name);
        CHECK_FALSE(row.detail.empty());
        CHECK((row.finding != Finding::no || !row.remedy.empty()));
    }
    return report;
}

// Linux 5.10 without BTF, as README's needs have it: the old programs, no TCX, kprobes impossible.
CheckFacts old_host() {
    CheckFacts facts = played_host();
    facts.host.release = "5.10.0-28-amd64";
    facts.host.btf = false;
    facts.host.memlock = UINT64_MAX;
    facts.bpf.current = Status(refused(EINVAL));
    facts.bpf.tcx = Status(refused(EINVAL));
    facts.bpf.kprobe = Status(refused(ESRCH));
    facts.bpf.reads_tasks = false;
    facts.watched[0].xdp.native.reset();
    return facts;
}

}  // namespace

TEST_CASE("On a host that has all, all works") {
    const CheckReport report = judge(played_host());
    CHECK(report.kernel == "Linux 6.12.0-1-amd64");
    CHECK(report.counting);
    CHECK(report.backend == "cgroup");
    CHECK(report.calls);
    for (const CheckRow& row : report.rows) {
        INFO(row.name);
        CHECK(row.finding == Finding::yes);
        CHECK(row.remedy.empty());
    }
}

TEST_CASE("Linux 5.10 without BTF counts with the old programs and clsact") {
    const CheckReport report = judge(old_host());
    CHECK(report.counting);
    CHECK(report.backend == "cgroup");
    CHECK(row_of(report, "kernel").finding == Finding::yes);
    CHECK(row_of(report, "BTF").finding == Finding::no);
    CHECK(holds(row_of(report, "programs, current").remedy, "5.18"));
    CHECK(holds(row_of(report, "programs, old").detail, "these are used"));
    CHECK(holds(row_of(report, "TCX").remedy, "6.6"));
    CHECK(holds(row_of(report, "interface eth0").detail, "clsact"));
    CHECK(row_of(report, "XDP eth0").finding == Finding::unknown);
    CHECK(holds(row_of(report, "kprobes").remedy, "BTF"));
    CHECK(holds(row_of(report, "programs of sockets").detail, "threads"));
}

TEST_CASE("Linux 5.9 is too old, whatever it does") {
    CheckFacts facts = old_host();
    facts.host.release = "5.9.16";
    const CheckReport report = judge(facts);
    CHECK_FALSE(report.counting);
    CHECK(report.backend.empty());
    CHECK_FALSE(report.calls);
    CHECK(row_of(report, "kernel").finding == Finding::no);
    CHECK(holds(row_of(report, "kernel").remedy, "5.10"));
}

TEST_CASE("Before Linux 5.11 memlock must be unlimited, or be raised") {
    CheckFacts facts = old_host();
    CHECK(row_of(judge(facts), "memlock").finding == Finding::yes);
    facts.host.memlock = 64 << 10;
    CHECK(row_of(judge(facts), "memlock").finding == Finding::yes);  // CAP_SYS_RESOURCE raises it
    facts.host.capabilities = ~kSysResource;
    CHECK(row_of(judge(facts), "memlock").finding == Finding::no);
    CHECK(holds(row_of(judge(facts), "memlock").detail, "0.1 MiB"));
    facts.host.release = "5.11.0";
    CHECK(row_of(judge(facts), "memlock").finding == Finding::yes);
}

TEST_CASE("Without privileges it says what is missing and what it could not find out") {
    CheckFacts facts = played_host();
    facts.host.capabilities = 0;
    facts.programs_told = false;
    nothing_tried(facts.bpf);
    const CheckReport report = judge(facts);
    CHECK_FALSE(report.counting);
    CHECK(report.backend.empty());
    CHECK_FALSE(report.calls);
    for (const char* name : {"CAP_BPF", "CAP_NET_ADMIN", "CAP_PERFMON", "CAP_SYS_ADMIN", "CAP_SYS_PTRACE"}) {
        INFO(name);
        CHECK(row_of(report, name).finding == Finding::no);
        CHECK(holds(row_of(report, name).remedy, std::string("AmbientCapabilities=") + name));
    }
    CHECK(holds(row_of(report, "CAP_BPF").remedy, "--cap-add BPF "));
    CHECK(row_of(report, "bpf(2)").finding == Finding::no);
    for (const char* name : {"ring buffer", "programs, current", "programs, old", "TCX",
                             "programs of sockets", "kprobes", "memory", "other exporters"}) {
        INFO(name);
        CHECK(row_of(report, name).finding == Finding::unknown);
    }
}

TEST_CASE("The three capabilities count, and CAP_SYS_ADMIN stands for two of them") {
    CheckFacts facts = played_host();
    facts.host.capabilities = kBpf | kNetAdmin | kPerfmon;
    facts.bpf.clsact.reset();
    CheckReport report = judge(facts);
    CHECK(report.counting);
    CHECK(report.backend == "cgroup");
    CHECK_FALSE(report.calls);  // that takes CAP_SYS_ADMIN
    CHECK(holds(row_of(report, "uprobes").detail, "CAP_SYS_ADMIN"));
    CHECK(row_of(report, "clsact").finding == Finding::unknown);

    facts.host.capabilities = kSysAdmin | kNetAdmin;
    report = judge(facts);
    CHECK(report.counting);
    CHECK(report.calls);
    CHECK(row_of(report, "CAP_BPF").finding == Finding::yes);
    CHECK(row_of(report, "CAP_PERFMON").finding == Finding::yes);
    CHECK(holds(row_of(report, "uprobes").detail, "same user"));

    facts.host.capabilities = kSysAdmin;
    CHECK_FALSE(judge(facts).counting);
}

TEST_CASE("bpf(2) that is refused although the capabilities are there is told by its likely cause") {
    CheckFacts facts = played_host();
    nothing_tried(facts.bpf);
    CHECK(holds(row_of(judge(facts), "bpf(2)").remedy, "security module"));
    facts.host.seccomp_filter = true;
    CHECK(holds(row_of(judge(facts), "bpf(2)").remedy, "seccomp profile"));
    CHECK(holds(row_of(judge(facts), "programs, current").detail, "bpf(2) is refused"));
    facts.host.own_user_namespace = true;
    CHECK(holds(row_of(judge(facts), "bpf(2)").detail, "user namespace"));
    CHECK_FALSE(judge(facts).counting);
    facts.bpf.call = Status(refused(ENOSYS));
    CHECK(holds(row_of(judge(facts), "bpf(2)").remedy, "CONFIG_BPF_SYSCALL"));
}

TEST_CASE("No program that loads is no counting, and its own hint is the remedy") {
    CheckFacts facts = played_host();
    Error error = refused(ENOMEM);
    error.hint = "lower something";
    facts.bpf = {};
    facts.bpf.call = facts.bpf.ring = ok();
    facts.bpf.current = facts.bpf.old = Status(error);
    const CheckReport report = judge(facts);
    CHECK_FALSE(report.counting);
    CHECK(row_of(report, "programs, current").remedy == "lower something");
    CHECK(row_of(report, "programs, old").remedy == "lower something");
    CHECK(row_of(report, "programs of sockets").finding == Finding::unknown);
}

TEST_CASE("Without cgroup v2 workloads are seen by kprobes, where these can be had") {
    CheckFacts facts = played_host();
    facts.cgroup = {Status(refused(EPERM)), "", false, ""};
    CheckReport report = judge(facts);
    CHECK(report.counting);
    CHECK(report.backend == "kprobe");
    CHECK_FALSE(report.calls);  // they are told in chains, which sockets tell of
    CHECK(row_of(report, "cgroup v2").finding == Finding::no);
    CHECK(holds(row_of(report, "cgroup v2").remedy, "mount -t cgroup2 none /sys/fs/cgroup"));
    facts.bpf.kprobe_event = Status(refused(EACCES));
    report = judge(facts);
    CHECK(report.backend.empty());
    CHECK(holds(row_of(report, "kprobes").remedy, "perf_event_paranoid"));
    facts.bpf.kprobe_event = Status(refused(ENOENT));
    CHECK(holds(row_of(judge(facts), "kprobes").remedy, "CONFIG_KPROBE_EVENTS"));
}

TEST_CASE("The configuration's backend is the one that counts") {
    Config config;
    config.workload.backend = WorkloadBackend::kprobe;
    CHECK(judge(played_host(), config).backend == "kprobe");
    config.workload.backend = WorkloadBackend::none;
    CHECK(judge(played_host(), config).backend.empty());
    config.workload.backend = WorkloadBackend::cgroup;
    CheckFacts facts = played_host();
    facts.bpf.cgroup = Status(refused(EINVAL));
    CHECK(judge(facts, config).backend.empty());
    CHECK(judge(facts).backend.empty());  // auto does not fall back on kprobes where cgroup v2 is there
}

TEST_CASE("A cgroup that is a container's, or hybrid without BTF, is seen in part") {
    CheckFacts facts = played_host();
    facts.cgroup.v1_path = "/sys/fs/cgroup/pids";
    CHECK(row_of(judge(facts), "cgroup v2").finding == Finding::yes);
    CHECK(holds(row_of(judge(facts), "cgroup v2").detail, "/sys/fs/cgroup/pids"));
    facts.host.btf = false;
    CHECK(row_of(judge(facts), "cgroup v2").finding == Finding::partly);
    facts.cgroup.of_host = false;
    CHECK(holds(row_of(judge(facts), "cgroup v2").remedy, "--cgroupns=host"));
}

TEST_CASE("Calls of getaddrinfo() need uprobes and programs, and the configuration's will") {
    CheckFacts facts = played_host();
    facts.host.own_pid_namespace = true;
    CHECK(judge(facts).calls);
    CHECK(row_of(judge(facts), "uprobes").finding == Finding::partly);
    facts.bpf.uprobes = false;
    CHECK_FALSE(judge(facts).calls);
    facts = played_host();
    facts.bpf.calls = Status(Error{"probe returns of functions", "", 0, "it kills", "Linux 6.14"});
    CHECK_FALSE(judge(facts).calls);
    CHECK(row_of(judge(facts), "uprobes").remedy == "Linux 6.14");
    Config config;
    config.chains.libc_probes = false;
    CHECK_FALSE(judge(played_host(), config).calls);
    CHECK(holds(row_of(judge(played_host(), config), "uprobes").remedy, "chains.libc_probes"));
}

TEST_CASE("Limits that are too tight are told") {
    CheckFacts facts = played_host();
    facts.host.jit = 0;
    facts.host.open_files = 64;
    facts.host.lockdown = "confidentiality";
    facts.host.memory = MemoryLimit{100 << 20, 50 << 20};  // 50 left, 33 of maps and 32 of the process wanted
    const CheckReport report = judge(facts);
    CHECK(report.counting);
    CHECK(row_of(report, "BPF JIT").finding == Finding::partly);
    CHECK(row_of(report, "open files").finding == Finding::partly);
    CHECK(row_of(report, "lockdown").finding == Finding::partly);
    CHECK(row_of(report, "memory").finding == Finding::no);
    CHECK(holds(row_of(report, "memory").detail, "50.0 MiB left"));
    facts.host.memory = MemoryLimit{100 << 20, 35 << 20};
    CHECK(row_of(judge(facts), "memory").finding == Finding::yes);
}
