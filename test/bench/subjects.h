// What is measured: the product's programs in both variants, and the floor that they are compared with.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "exporter/base/result.h"
#include "exporter/bpf/kernel_source.h"
#include "test/bench/test_run.h"

struct bench_floor;

namespace dnsexp::bench {

// How many runs a source's programs have had, and with what: what its counters must say in the end.
struct Runs {
    uint64_t messages = 0;         // DNS messages, queries and responses
    uint64_t pairs = 0;            // transactions that were answered
    uint64_t unanswered = 0;       // transactions that were not
    uint64_t retransmissions = 0;  // further runs of the same query
    uint64_t events = 0;           // what drain() has taken
};

// One set of programs. `source` is null for the floor, which counts nothing.
struct Subject {
    std::string name;  // empty, parse, current, old
    Program tc_in, tc_out, xdp_in;
    KernelSource* source = nullptr;
    Runs runs = {};
};

class Subjects {
  public:
    // Loads everything: needs CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON. `empty`, the base, comes first.
    static Result<Subjects> make();

    std::vector<Subject>& all() { return subjects_; }

  private:
    struct DestroyFloor {
        void operator()(bench_floor* floor) const;
    };
    Status load_floor();
    Status load_product(Variant variant);

    std::unique_ptr<bench_floor, DestroyFloor> floor_;
    std::vector<std::unique_ptr<KernelSource>> sources_;
    std::vector<Subject> subjects_;
};

// Takes what is in the ring, so that the next records find room.
Status drain(Subject& subject);

// One line for each counter that does not say what was run; none where all is right. Drain first.
Result<std::vector<std::string>> wrong_counts(const Subject& subject);

}  // namespace dnsexp::bench
