#include "exporter/chains/totals.h"

#include <algorithm>
#include <numeric>
#include <string>

#include "exporter/chains/steps.h"
#include "exporter/fold/latency_summary.h"

namespace dnsexp {
namespace {

// Edges of the number of upstream queries: a referral or two, a chain of CNAME records, and what is no sound
// resolution any more.
constexpr double upstream_edges[] = {0, 1, 2, 3, 5, 8, 13, 21, 34};

constexpr size_t counted_steps_max = 1024;  // far above the last of these edges

// Index: Step.
constexpr std::string_view hop_names[step_count] = {"libc", "query", "resolver", "upstream"};

// Calls visit(child, from, to) for each part of [begin_ns, end_ns) in which the node waited for a child, one
// after the other, and returns what is left of it.
template <typename Visit>
uint64_t split(const ChainNode& node, uint64_t begin_ns, uint64_t end_ns, const Visit& visit) {
    uint64_t own_ns = end_ns - begin_ns;
    uint64_t until = begin_ns;  // waited up to here, or not
    for (size_t i = 0; i < node.children.size(); ++i) {
        const ChainNode& child = *node.children[i];
        uint64_t end = child.end_ns;
        if (end == 0) end = i + 1 < node.children.size() ? node.children[i + 1]->begin_ns : end_ns;
        const uint64_t from = std::max(child.begin_ns, until), to = std::min(end, end_ns);
        if (to <= from) continue;
        visit(child, from, to);
        own_ns -= to - from;
        until = to;
    }
    return own_ns;
}

}  // namespace

StepTime step_time(const ChainNode& node) {
    StepTime time;
    if (node.end_ns <= node.begin_ns) return time;
    time.own_ns = split(node, node.begin_ns, node.end_ns,
                        [&](const ChainNode&, uint64_t from, uint64_t to) { time.waited_ns += to - from; });
    return time;
}

void ChainTotals::Histogram::add(double value, std::span<const double> edges) {
    counts.resize(edges.size() + 1);
    ++counts[static_cast<size_t>(std::lower_bound(edges.begin(), edges.end(), value) - edges.begin())];
    sum += value;
}

HistogramSeries ChainTotals::Histogram::series(std::vector<std::string> labels, size_t edges) const {
    HistogramSeries series{std::move(labels), counts, sum};
    series.cumulative.resize(edges + 1);
    std::partial_sum(series.cumulative.begin(), series.cumulative.end(), series.cumulative.begin());
    return series;
}

void ChainTotals::restart_times(std::vector<double> edges) {
    edges_ = std::move(edges);
    own_ = upstream_ = {};
    durations_ = {};
}

void ChainTotals::add_time(Histogram& histogram, uint64_t ns) {
    histogram.add(in_seconds(ns), edges_);
}

void ChainTotals::add_answer(const ChainNode& resolver) {
    if (resolver.found & DNS_FOUND_HIT) return;
    const StepTime time = step_time(resolver);
    add_time(own_, time.own_ns);
    add_time(upstream_, time.waited_ns);
}

// Of the time between, which the step above waited for this one alone.
void ChainTotals::add_shares(const ChainNode& node, uint64_t begin_ns, uint64_t end_ns) {
    share_ns_[static_cast<size_t>(node.step)] +=
        split(node, begin_ns, end_ns,
              [this](const ChainNode& child, uint64_t from, uint64_t to) { add_shares(child, from, to); });
}

void ChainTotals::add_chain(const ChainNode& chain) {
    if (chain.end_ns > chain.begin_ns) add_shares(chain, chain.begin_ns, chain.end_ns);
    const std::vector<PlacedStep> steps = chain_steps(chain, counted_steps_max);
    const auto count = [&steps](Step kind) {
        return std::count_if(steps.begin(), steps.end(),
                             [kind](const PlacedStep& step) { return step.node->step == kind; });
    };
    if (count(Step::resolver) != 0)
        upstream_queries_.add(static_cast<double>(count(Step::upstream)), upstream_edges);
    if (chain.step == Step::resolver) return;
    auto result = chain.step == Step::call ? call_class(chain.outcome) : rcode_class(chain.outcome);
    if (chain.end_ns == 0) return;  // how long it would have taken, nobody knows
    add_time(durations_[static_cast<size_t>(result)], chain.end_ns - chain.begin_ns);
}

void ChainTotals::fill(const RawSnapshot& snapshot, Folded& folded) const {
    const dns_stats& sockets = snapshot.sockets;
    for (const Metric metric : {Metric::resolution_duration, Metric::resolver_own, Metric::resolver_upstream})
        folded[metric].edges = edges_;
    folded[Metric::resolution_upstream_queries].edges.assign(std::begin(upstream_edges),
                                                             std::end(upstream_edges));
    for (size_t i = 0; i < durations_.size(); ++i)
        folded[Metric::resolution_duration].histograms.push_back(
            durations_[i].series({std::string(resolution_result_names[i])}, edges_.size()));
    for (size_t i = 0; i < step_count; ++i)
        folded[Metric::resolution_time].reals.push_back(
            {{std::string(hop_names[i])}, in_seconds(share_ns_[i])});
    if (sockets.cache_hits + sockets.cache_misses == 0) return;
    HistogramSeries own = own_.series({}, edges_.size()), upstream = upstream_.series({}, edges_.size());
    uint64_t hits = 0;
    for (size_t i = 0; i <= edges_.size(); ++i) own.cumulative[i] += hits += sockets.hit_latency[i];
    for (uint64_t& count : upstream.cumulative) count += hits;  // a hit waits for nobody
    own.sum += in_seconds(sockets.hit_latency_sum_ns);
    folded[Metric::resolver_own].histograms = {std::move(own)};
    folded[Metric::resolver_upstream].histograms = {std::move(upstream)};
    folded[Metric::resolution_upstream_queries].histograms = {
        upstream_queries_.series({}, std::size(upstream_edges))};
}

}  // namespace dnsexp
