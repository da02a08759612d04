// The ledgers of the README ("every loss is on the ledger") over one snapshot, for every ring of tests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "exporter/source/source.h"

namespace dnsexp::test {

// The sums of a snapshot, over all CPUs and keys.
struct LedgerSums {
    dns_stats stats{};
    dns_interface_stats interfaces{};
    dns_server_stats servers{};
    uint64_t latencies = 0;    // observations in all histograms
    uint64_t responses = 0;    // by RCODE
    uint64_t finished = 0;     // transactions by outcome, all outcomes
    uint64_t answered = 0;     // of those, the ones with an RCODE
    uint64_t untracked = 0;    // of those, the ones that gave way
    uint64_t undelivered = 0;  // of the finished ones, those without an event
    uint64_t active = 0;
};

LedgerSums ledger_sums(const RawSnapshot& snapshot);

// One line for each ledger that does not balance; empty where all do. `delivered` is the number of events
// that drain() and sweep() have handed out before the snapshot was read; no packet may be under way
// meanwhile.
std::vector<std::string> ledger_faults(const RawSnapshot& snapshot, uint64_t delivered);

}  // namespace dnsexp::test
