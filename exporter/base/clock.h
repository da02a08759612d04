// The clock of the kernel side's times, and people's.
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

// CLOCK_REALTIME: nanoseconds since 1970 in UTC. Thread-safe.
inline uint64_t unix_ns() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

// Added to a CLOCK_MONOTONIC time, its CLOCK_REALTIME as of now; modulo 2^64.
inline uint64_t unix_offset_ns() {
    return unix_ns() - monotonic_ns();
}

}  // namespace dnsexp
