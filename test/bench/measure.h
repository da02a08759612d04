// The two ways of measuring, and the interleaved rounds. Figures of the two are not to be compared with each
// other.
//
// hot:  one program, one packet, many runs in a row: caches hot, a lower bound. A DNS query is the same each
// time, so from
//       the second run on it is a retransmission: parsed, hashed and found, but neither inserted nor
//       answered.
// pair: single runs, each with another transaction: 64 queries, then their 64 responses, and so on. This is a
// whole
//       transaction with its event; each run follows a system call, so caches are colder.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "exporter/base/result.h"
#include "test/bench/packets.h"
#include "test/bench/subjects.h"
#include "test/bench/summary.h"

namespace dnsexp::bench {

struct MeasureOptions {
    uint32_t rounds = 9;       // at least 1
    uint32_t repeat = 500000;  // hot runs in a round, at least 2
    uint32_t pairs = 8192;     // transactions in a round; a multiple of kPairBatch
};
inline constexpr uint32_t kPairBatch = 64;

// One line of the result: ns a run. In mode pair, `ns` is of query and response together.
struct Row {
    std::string mode, packet, hook, program;
    Summary ns;
    Summary query = {}, response = {};  // mode pair only
};

// Runs every program on every packet, all of them in turn in each round.
Result<std::vector<Row>> measure(std::vector<Subject>& subjects, const MeasureOptions& options);

}  // namespace dnsexp::bench
