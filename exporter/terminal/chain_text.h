// Chains as text: a tree of one, and what many came to. Pure, thread-safe, but for ChainSummary.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "exporter/terminal/chain_reading.h"

namespace dnsexp {

// One line of what it was, then one an event, those that another waits for deeper.
std::vector<std::string> chain_tree(const ReadChain& chain);

// What a run of the command saw. Not thread-safe.
class ChainSummary {
  public:
    static constexpr size_t slowest_shown = 5;
    static constexpr size_t sample_max = 10'000;  // durations that percentiles are taken of

    void add(const ReadChain& chain);
    // Chains that the exporter had forgotten before they were asked for.
    void add_missed(uint64_t chains) { missed_ += chains; }
    [[nodiscard]] uint64_t missed() const { return missed_; }

    [[nodiscard]] std::vector<std::string> lines() const;

  private:
    struct Timed {
        double seconds = 0;
        std::string words;
    };

    uint64_t chains_ = 0, failed_ = 0, missed_ = 0, hops_ = 0, timed_ = 0;
    double sum_seconds_ = 0;
    std::vector<double> sample_;  // of all durations, each as likely in it as any other
    std::minstd_rand random_;
    Timed fastest_;
    std::vector<Timed> slowest_;
};

}  // namespace dnsexp
