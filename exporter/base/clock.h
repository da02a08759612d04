// The clock of the kernel side's times.
#pragma once

#include <time.h>

#include <cstdint>

namespace dnsexp {

// CLOCK_MONOTONIC in nanoseconds, as bpf_ktime_get_ns() has it. Thread-safe.
inline uint64_t monotonic_ns() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace dnsexp
