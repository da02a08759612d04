#include "exporter/security/distinct_counter.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace dnsexp {
namespace {

constexpr size_t index_bits = 7;
constexpr uint8_t highest_rank = 15;

// What two ranks add to the sum of 2^-rank, and how many of them are 0. Index: an octet of the counter.
struct Share {
    float sum;
    uint8_t zeros;
};
constexpr std::array<Share, 256> shares = [] {
    std::array<Share, 256> table{};
    for (uint32_t pair = 0; pair < table.size(); ++pair) {
        const uint32_t low = pair & 15, high = pair >> 4;
        table[pair] = {1.0F / static_cast<float>(1U << low) + 1.0F / static_cast<float>(1U << high),
                       static_cast<uint8_t>((low == 0) + (high == 0))};
    }
    return table;
}();

}  // namespace

void DistinctCounter::add(uint64_t hash) {
    const size_t index = hash >> (64 - index_bits);
    const auto rank =
        static_cast<uint8_t>(std::min<int>(std::countl_zero(hash << index_bits) + 1, highest_rank));
    uint8_t& pair = pairs_[index / 2];
    const uint8_t low = pair & 15, high = pair >> 4;
    pair = index % 2 == 0 ? static_cast<uint8_t>(high << 4 | std::max(low, rank))
                          : static_cast<uint8_t>(std::max(high, rank) << 4 | low);
}

void DistinctCounter::merge(const DistinctCounter& other) {
    for (size_t i = 0; i < pairs_.size(); ++i) {
        const uint8_t mine = pairs_[i], theirs = other.pairs_[i];
        pairs_[i] =
            static_cast<uint8_t>(std::max(mine & 0xf0, theirs & 0xf0) | std::max(mine & 15, theirs & 15));
    }
}

double DistinctCounter::estimate() const {
    constexpr double m = registers;
    constexpr double alpha = 0.7213 / (1 + 1.079 / m);  // the paper's, for 128 registers and more
    float sum = 0;
    uint32_t zeros = 0;
    for (const uint8_t pair : pairs_) {
        sum += shares[pair].sum;
        zeros += shares[pair].zeros;
    }
    const double raw = alpha * m * m / static_cast<double>(sum);
    // Linear counting is better where many registers are still empty (the paper's small range correction).
    if (raw <= 2.5 * m && zeros != 0) return m * std::log(m / zeros);
    return raw;
}

}  // namespace dnsexp
