// Random numbers that are the same everywhere.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dnsexp::training {

class Random {
  public:
    explicit Random(uint64_t seed) : state_(seed) {}

    uint64_t next() {  // splitmix64 (Steele, Lea, Flood, 2014)
        uint64_t z = state_ += 0x9e3779b97f4a7c15;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
        z = (z ^ z >> 27) * 0x94d049bb133111eb;
        return z ^ z >> 31;
    }
    // 0 <= result < bound; as even as the training needs, for bounds far below 2^64.
    size_t below(size_t bound) { return static_cast<size_t>(next() % bound); }
    bool chance(double share) { return static_cast<double>(next() >> 11) < share * 0x1p53; }

  private:
    uint64_t state_;
};

}  // namespace dnsexp::training
