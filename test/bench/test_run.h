// BPF_PROG_TEST_RUN: a program run on a packet, attached to nothing.
#pragma once

#include <cstdint>

#include "exporter/base/result.h"
#include "test/support/packet_builder.h"

namespace dnsexp::bench {

enum class HookType { tc, xdp };

struct Program {
    int fd = -1;  // borrowed
    HookType hook = HookType::tc;
};

// Runs it once and returns the kernel's own figure in ns, which contains two clock reads. An error too where
// the verdict is not the passive one (TC_ACT_UNSPEC, XDP_PASS).
Result<double> run_once(Program program, const test::Bytes& packet);

// Runs it `repeat` times in a row on the same packet, caches hot, and returns ns a run. The thread's CPU time
// is taken, since the kernel's own figure is in whole ns and XDP calls with repeat > 1 wait, asleep, for RCU.
Result<double> run_hot(Program program, const test::Bytes& packet, uint32_t repeat);

// The calling thread stays on this CPU from now on.
Status pin_to_cpu(int cpu);

}  // namespace dnsexp::bench
