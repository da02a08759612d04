#include "test/bench/test_run.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <sched.h>
#include <time.h>

#include <cerrno>
#include <string>

namespace dnsexp::bench {
namespace {

Result<uint32_t> test_run(Program program, const test::Bytes& packet, uint32_t repeat) {
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet.data(),
                .data_size_in = static_cast<uint32_t>(packet.size()), .repeat = static_cast<int>(repeat));
    if (bpf_prog_test_run_opts(program.fd, &options)) return Error{"run BPF program", "", errno, "", ""};
    const auto passive =
        program.hook == HookType::tc ? static_cast<uint32_t>(TC_ACT_UNSPEC) : uint32_t{XDP_PASS};
    if (options.retval != passive)
        return Error{"run BPF program", "", 0, "it is not passive: verdict " + std::to_string(options.retval),
                     ""};
    return options.duration;
}

double thread_cpu_ns() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

}  // namespace

Result<double> run_once(Program program, const test::Bytes& packet) {
    auto duration = test_run(program, packet, 1);
    if (!duration) return duration.error();
    return static_cast<double>(*duration);
}

Result<double> run_hot(Program program, const test::Bytes& packet, uint32_t repeat) {
    const double start = thread_cpu_ns();
    auto duration = test_run(program, packet, repeat);
    if (!duration) return duration.error();
    return (thread_cpu_ns() - start) / repeat;
}

Status pin_to_cpu(int cpu) {
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(cpu, &only);
    if (sched_setaffinity(0, sizeof only, &only))
        return Error{"pin to CPU", std::to_string(cpu), errno, "", "choose another one with --cpu"};
    return ok();
}

}  // namespace dnsexp::bench
