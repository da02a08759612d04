// Things that are watched, in fixed memory: set-associative, and the weakest of a set gives way to a new one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "exporter/fold/hash.h"

namespace dnsexp {

// Entry: default-made empty, copyable, with `uint64_t key` (0: free), and `Rank rank(uint64_t now_ns) const`,
// ordered by <: the least gives way. Keys need not be hashes. Not thread-safe.
template <typename Entry, size_t ways>
class WatchTable {
  public:
    // `sets`: a power of two.
    explicit WatchTable(size_t sets) : mask_(sets - 1), entries_(sets * ways) {}

    // The key's entry; a new one is empty but for the key, which must not be 0.
    Entry& claim(uint64_t key, uint64_t now_ns) {
        const std::span<Entry> set(entries_.data() + (hash_mix(key ^ seed_, odd_multiplier) & mask_) * ways,
                                   ways);
        for (Entry& entry : set)
            if (entry.key == key) return entry;
        Entry* weakest = &set[0];
        for (Entry& entry : set) {
            if (entry.key == 0) {
                weakest = &entry;
                break;
            }
            if (entry.rank(now_ns) < weakest->rank(now_ns)) weakest = &entry;
        }
        *weakest = Entry{};
        weakest->key = key;
        return *weakest;
    }

    [[nodiscard]] size_t memory() const { return entries_.size() * sizeof(Entry); }

  private:
    static constexpr uint64_t odd_multiplier = 0x9e3779b97f4a7c15;  // 2^64 / phi

    uint64_t seed_ = random_seed();
    size_t mask_;
    std::vector<Entry> entries_;
};

}  // namespace dnsexp
