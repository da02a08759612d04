// Resolution chains: records in; rows and metrics out.
#pragma once

#include <cstdint>
#include <vector>

#include "exporter/chains/assembler.h"
#include "exporter/chains/board.h"
#include "exporter/chains/totals.h"

namespace dnsexp {

struct ChainReport {
    uint64_t finished = 0;        // chains, ever
    uint64_t first_sequence = 0;  // of the oldest that is kept
    std::vector<ChainRow> last;   // oldest first
    std::vector<ChainRow> slowest;
};

// Not thread-safe.
class Chains {
  public:
    // `edges`: of the latency metrics, in seconds. `timeout_ns`: a query's.
    Chains(std::vector<double> edges, uint64_t timeout_ns, Assembler::KeyOf key_of)
        : totals_(std::move(edges)), assembler_(timeout_ns, std::move(key_of), sinks()) {}
    Chains(const Chains&) = delete;
    Chains& operator=(const Chains&) = delete;

    void add(const dns_event& event) { assembler_.add(event); }
    // May be called at each turn of the reader: it looks once a second.
    void expire(uint64_t now_ns) {
        if (now_ns < next_expiry_ns_) return;
        next_expiry_ns_ = now_ns + expiry_interval_ns;
        assembler_.expire(now_ns);
    }
    // Histograms of times begin at 0 with these edges, in seconds.
    void restart_times(std::vector<double> edges) { totals_.restart_times(std::move(edges)); }
    void fill(const RawSnapshot& snapshot, Folded& folded) const { totals_.fill(snapshot, folded); }

    // The last `limit` of those after the sequence number.
    [[nodiscard]] ChainReport report(uint64_t after, size_t limit) const {
        return {board_.finished(), board_.first_sequence(), board_.last(after, limit), board_.slowest()};
    }

  private:
    ChainSinks sinks() {
        return {[this](const ChainNode& resolver) { totals_.add_answer(resolver); },
                [this](const ChainNodePtr& chain) {
                    totals_.add_chain(*chain);
                    board_.add(chain);
                }};
    }

    static constexpr uint64_t expiry_interval_ns = 1'000'000'000;

    uint64_t next_expiry_ns_ = 0;
    ChainTotals totals_;
    ChainBoard board_;
    Assembler assembler_;
};

}  // namespace dnsexp
