// What chains come to: the metrics of resolutions.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "exporter/chains/node.h"
#include "exporter/chains/result_class.h"
#include "exporter/fold/folded.h"
#include "exporter/source/source.h"

namespace dnsexp {

// How long a step took, and how much of that it waited for its children.
struct StepTime {
    uint64_t own_ns = 0;
    uint64_t waited_ns = 0;
};

// Children that overlap are waited for once; of one that nobody answered, until the next one began. Pure.
StepTime step_time(const ChainNode& node);

// Not thread-safe.
class ChainTotals {
  public:
    // `edges`: of the latency metrics, in seconds, rising, without +Inf.
    explicit ChainTotals(std::vector<double> edges) : edges_(std::move(edges)) {}

    // Histograms of times begin at 0 with these edges.
    void restart_times(std::vector<double> edges);

    // An answer of a resolver that had to ask for it; hits are in the snapshot.
    void add_answer(const ChainNode& resolver);
    // A chain by its first step.
    void add_chain(const ChainNode& chain);

    // Fills the families of resolutions; those of resolvers have no series as long as none has answered.
    void fill(const RawSnapshot& snapshot, Folded& folded) const;

  private:
    // Of times, with the edges of the latency metrics, or of numbers.
    struct Histogram {
        std::vector<uint64_t> counts;
        double sum = 0;
        void add(double value, std::span<const double> edges);
        [[nodiscard]] HistogramSeries series(std::vector<std::string> labels, size_t edges) const;
    };
    void add_time(Histogram& histogram, uint64_t ns);
    void add_shares(const ChainNode& node, uint64_t begin_ns, uint64_t end_ns);

    std::vector<double> edges_;  // seconds
    Histogram own_, upstream_, upstream_queries_;
    std::array<Histogram, std::size(resolution_result_names)> durations_;
    std::array<uint64_t, step_count> share_ns_{};
};

}  // namespace dnsexp
