// Sums by label text: two kernel keys with the same labels make one series, never a duplicate.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

#include "exporter/fold/folded.h"

namespace dnsexp {

using Labels = std::vector<std::string>;

class Tally {
  public:
    // 0 makes the series appear.
    void add(Labels labels, uint64_t value) { sums_[std::move(labels)] += value; }

    // Sorted by labels.
    [[nodiscard]] std::vector<Series> series() const {
        std::vector<Series> all;
        all.reserve(sums_.size());
        for (const auto& [labels, value] : sums_) all.push_back({labels, value});
        return all;
    }

  private:
    std::map<Labels, uint64_t> sums_;
};

// Adds up a per-CPU value of the ABI, all of whose members are __u64.
template <typename Value>
Value sum_cpus(const std::vector<Value>& cpus) {
    static_assert(std::is_trivially_copyable_v<Value> && sizeof(Value) % sizeof(uint64_t) == 0);
    using Words = std::array<uint64_t, sizeof(Value) / sizeof(uint64_t)>;
    Words total{};
    for (const Value& cpu : cpus) {
        const Words words = std::bit_cast<Words>(cpu);
        for (size_t i = 0; i < words.size(); ++i) total[i] += words[i];
    }
    return std::bit_cast<Value>(total);
}

}  // namespace dnsexp
