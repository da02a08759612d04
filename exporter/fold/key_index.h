// Hash -> slot number: open addressing with linear probing in fixed memory. The keys themselves lie with the
// caller.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace dnsexp {

class KeyIndex {
  public:
    static constexpr uint32_t none = UINT32_MAX;

    // Holds up to `capacity` slots; at most half of the cells are taken, so probes stay short.
    explicit KeyIndex(size_t capacity) : cells_(std::bit_ceil(2 * capacity + 2)), mask_(cells_.size() - 1) {}

    // `is_key(slot)` compares the key proper.
    template <typename IsKey>
    [[nodiscard]] uint32_t find(uint64_t hash, IsKey is_key) const {
        for (size_t at = hash & mask_; cells_[at].slot != none; at = (at + 1) & mask_)
            if (cells_[at].hash == hash && is_key(cells_[at].slot)) return cells_[at].slot;
        return none;
    }

    void insert(uint64_t hash, uint32_t slot) {
        size_t at = hash & mask_;
        while (cells_[at].slot != none) at = (at + 1) & mask_;
        cells_[at] = {hash, slot};
    }

    // The slot must be present. Later cells of the probe move up, so no tombstones gather.
    void erase(uint64_t hash, uint32_t slot) {
        size_t hole = hash & mask_;
        while (cells_[hole].slot != slot) hole = (hole + 1) & mask_;
        for (size_t at = (hole + 1) & mask_; cells_[at].slot != none; at = (at + 1) & mask_) {
            const size_t home = cells_[at].hash & mask_;
            if (((at - home) & mask_) < ((at - hole) & mask_)) continue;  // its home lies behind the hole
            cells_[hole] = cells_[at];
            hole = at;
        }
        cells_[hole] = {};
    }

  private:
    struct Cell {
        uint64_t hash = 0;
        uint32_t slot = none;
    };
    std::vector<Cell> cells_;
    size_t mask_;
};

}  // namespace dnsexp
