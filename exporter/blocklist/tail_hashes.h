// Seeded hashes of a name and of all that it lies below, in one pass.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "exporter/fold/wire_name.h"

namespace dnsexp {

// Index: labels from the end of the name; [0], the root's, is not used.
struct TailHashes {
    std::array<uint64_t, max_labels + 1> of;  // only [1..count] are set
    size_t count = 0;
};

// Without regard to case. Pure, thread-safe.
void hash_tails(const WireLabels& name, uint64_t seed, TailHashes& hashes);

}  // namespace dnsexp
