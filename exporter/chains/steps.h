// The steps of a chain, one after the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "exporter/chains/node.h"

namespace dnsexp {

struct PlacedStep {
    const ChainNode* node;
    uint32_t depth;  // of nesting; 0 is the chain's first
};

// The first `most` steps, each after the one that waits for it and before those that it waits for itself. One
// that several waited for is there once, under the first of them: where all were passed along each way that
// leads to them, the ways of a few dozen steps could be millions. Pure, thread-safe.
std::vector<PlacedStep> chain_steps(const ChainNode& chain, size_t most);

}  // namespace dnsexp
