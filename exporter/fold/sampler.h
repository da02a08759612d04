// One of so many, by chance.
#pragma once

#include <cstdint>
#include <random>

#include "exporter/fold/hash.h"

namespace dnsexp {

// Each call decides anew with the same probability of 1/N, whatever was asked before: unbiased, and no
// pattern of queries can hide between the samples. Not thread-safe.
class Sampler {
  public:
    // 1 takes all; 1 or more.
    explicit Sampler(uint32_t one_of, uint64_t seed = random_seed()) : one_of_(one_of), random_(seed) {}

    // 64 random bits are so many that the remainder's bias is below 2^-44 for any `one_of`.
    bool takes() { return one_of_ == 1 || random_() % one_of_ == 0; }

    [[nodiscard]] uint32_t one_of() const { return one_of_; }

  private:
    uint32_t one_of_;
    std::mt19937_64 random_;
};

}  // namespace dnsexp
