// The last chains, and the slowest.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "exporter/chains/chain_rows.h"
#include "exporter/chains/node.h"

namespace dnsexp {

// Not thread-safe.
class ChainBoard {
  public:
    static constexpr size_t octets_max = size_t{6} << 20;  // of all that are kept, slowest ones apart
    static constexpr size_t chains_max = 4096;
    static constexpr size_t slowest_max = 20;
    static constexpr uint64_t slowest_age_ns = 3'600'000'000'000;  // the slowest are those of the last hour

    void add(ChainNodePtr chain);

    // Of those above `after`, the last `limit` ones, oldest first. The first chain ever has sequence 1.
    [[nodiscard]] std::vector<ChainRow> last(uint64_t after, size_t limit) const;
    // The slowest first.
    [[nodiscard]] std::vector<ChainRow> slowest() const;

    [[nodiscard]] uint64_t finished() const { return sequence_; }
    // Of the oldest that is kept; one above finished() where there is none.
    [[nodiscard]] uint64_t first_sequence() const { return sequence_ + 1 - kept_.size(); }

  private:
    struct Kept {
        uint64_t sequence;
        size_t octets;
        ChainNodePtr chain;
    };
    void add_slow(const Kept& one);

    std::deque<Kept> kept_;
    std::vector<Kept> slowest_;
    size_t octets_ = 0;
    uint64_t sequence_ = 0;
};

}  // namespace dnsexp
