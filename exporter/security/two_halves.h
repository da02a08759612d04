// A sliding window of two tumbling ones: what came in this period and in the one before it.
#pragma once

#include <cstdint>

namespace dnsexp {

// Sums: default-made empty. Together the halves reach back between one and two periods.
template <typename Sums>
struct TwoHalves {
    uint64_t start_ns = 0;  // of the current period
    Sums current, previous;

    // To be called before reading or adding. A time before the start counts in the current period.
    void advance(uint64_t now_ns, uint64_t period_ns) {
        if (now_ns < start_ns || now_ns - start_ns < period_ns) return;
        const bool was_next = now_ns - start_ns < 2 * period_ns;
        previous = was_next ? current : Sums{};
        current = Sums{};
        start_ns = was_next ? start_ns + period_ns : now_ns;
    }
};

}  // namespace dnsexp
