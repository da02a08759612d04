#include "exporter/chains/totals.h"

#include <netdb.h>

#include <catch2/catch.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "test/support/chain_records.h"

using namespace dnsexp;
using namespace dnsexp::testing;

namespace {

using Nodes = std::vector<ChainNodePtr>;
using Counts = std::vector<uint64_t>;
const std::vector<double> edges = {0.01, 0.1, 1};

std::pair<uint64_t, uint64_t> own_and_waited(const Nodes& children) {
    const StepTime time = step_time(*step(Step::resolver, "a.test", 100, 200, children));
    return {time.own_ns / ms, time.waited_ns / ms};
}
ChainNodePtr up(uint64_t begin_ms, uint64_t end_ms) {
    return step(Step::upstream, "a.test", begin_ms, end_ms);
}
using Pair = std::pair<uint64_t, uint64_t>;

Folded fill(const ChainTotals& totals, const RawSnapshot& snapshot = {}) {
    Folded folded;
    totals.fill(snapshot, folded);
    return folded;
}

// Milliseconds by hop: libc, query, resolver, upstream.
std::vector<double> shares(const ChainTotals& totals) {
    const Folded folded = fill(totals);
    std::vector<double> all;
    for (const RealSeries& series : folded[Metric::resolution_time].reals) all.push_back(series.value * 1000);
    return all;
}

void check_shares(const ChainNodePtr& chain, const std::vector<double>& expected) {
    ChainTotals totals(edges);
    totals.add_chain(*chain);
    const auto found = shares(totals);
    REQUIRE(found.size() == expected.size());
    for (size_t i = 0; i < found.size(); ++i) CHECK(found[i] == Approx(expected[i]));
}

const HistogramSeries& duration(const Folded& folded, const std::string& result) {
    for (const HistogramSeries& series : folded[Metric::resolution_duration].histograms)
        if (series.labels == std::vector<std::string>{result}) return series;
    FAIL("no series of " << result);
    return folded[Metric::resolution_duration].histograms[0];
}

RawSnapshot resolver_snapshot(uint64_t hits, uint64_t misses) {
    RawSnapshot snapshot;
    snapshot.sockets.cache_hits = hits;
    snapshot.sockets.cache_misses = misses;
    return snapshot;
}

}  // namespace

TEST_CASE("A step waits for its children once, however they overlap") {
    CHECK(own_and_waited({}) == Pair{100, 0});
    CHECK(own_and_waited({up(110, 150)}) == Pair{60, 40});
    CHECK(own_and_waited({up(110, 130), up(140, 170)}) == Pair{50, 50});
    CHECK(own_and_waited({up(110, 150), up(130, 170)}) == Pair{40, 60});                // overlapping
    CHECK(own_and_waited({up(110, 190), up(120, 130), up(150, 195)}) == Pair{15, 85});  // nested
    CHECK(own_and_waited({up(50, 120), up(180, 300)}) == Pair{60, 40});  // shared with other answers
    CHECK(own_and_waited({up(10, 400)}) == Pair{0, 100});
    CHECK(own_and_waited({up(10, 90), up(250, 260)}) == Pair{100, 0});
}

TEST_CASE("A child that nobody answered is waited for until the next one begins, or to the end") {
    CHECK(own_and_waited({up(110, 0), up(150, 160)}) == Pair{50, 50});
    CHECK(own_and_waited({up(110, 0)}) == Pair{10, 90});
    CHECK(own_and_waited({up(110, 0), up(120, 0), up(130, 140)}) == Pair{70, 30});
}

TEST_CASE("A step without an end, or with one before its beginning, took no time") {
    CHECK(step_time(*step(Step::query, "a.test", 100, 0, {up(110, 120)})).waited_ns == 0);
    const StepTime odd = step_time(*step(Step::query, "a.test", 100, 90, {up(95, 99)}));
    CHECK(odd.own_ns + odd.waited_ns == 0);
}

TEST_CASE("Shares tell each moment of a chain once, and sum up to its duration") {
    const auto miss = step(Step::resolver, "a.test", 112, 160, {up(115, 125), up(130, 155)});
    const auto query = step(Step::query, "a.test", 110, 162, {miss});
    // call 100..200: 10 before, 38 behind; query 2 + 2; resolver 48 - 10 - 25; upstream 35.
    check_shares(step(Step::call, "a", 100, 200, {query}), {48, 4, 13, 35});
}

TEST_CASE("Moments in which a call waits for A and AAAA at a time count once") {
    const auto four = step(Step::query, "a.test", 110, 150), six = step(Step::query, "a.test", 111, 170);
    check_shares(step(Step::call, "a", 100, 200, {four, six}), {40, 60, 0, 0});
    // The resolver of AAAA works in 120..160, of which A, that has no resolver here, has all up to 150.
    const auto resolver = step(Step::resolver, "a.test", 120, 160, {up(130, 158)});
    const auto with = step(Step::query, "a.test", 111, 170, {resolver});
    check_shares(step(Step::call, "a", 100, 200, {four, with}), {40, 50, 2, 8});
}

TEST_CASE("What nobody answered has the time that was waited for it") {
    const auto miss = step(Step::resolver, "a.test", 100, 190, {up(110, 0), up(160, 180)});
    check_shares(step(Step::query, "a.test", 100, 200, {miss}), {0, 10, 20, 70});
    check_shares(step(Step::query, "a.test", 100, 0, {miss}), {0, 0, 0, 0});
}

TEST_CASE("Durations are counted by result, of what programs waited for") {
    ChainTotals totals(edges);
    const auto add = [&totals](Step kind, uint64_t took_ms, uint16_t outcome) {
        const auto chain = step(kind, "a.test", 100, 100 + took_ms);
        chain->outcome = outcome;
        totals.add_chain(*chain);
    };
    add(Step::query, 5, 0);
    add(Step::query, 10, 0);  // an edge is in its bucket
    add(Step::call, 500, 0);
    add(Step::query, 50, 3);
    add(Step::call, 60, static_cast<uint16_t>(-EAI_NONAME));
    add(Step::call, 60, 5);  // EAI_NODATA
    add(Step::call, 60, 9);  // EAI_ADDRFAMILY
    add(Step::query, 2000, 2);
    add(Step::call, 20, static_cast<uint16_t>(-EAI_AGAIN));
    add(Step::resolver, 5, 0);  // another host's
    totals.add_chain(*step(Step::query, "a.test", 100, 0));
    const Folded folded = fill(totals);
    CHECK(folded[Metric::resolution_duration].edges == edges);
    CHECK(folded[Metric::resolution_duration].histograms.size() == 3);
    CHECK(duration(folded, "resolved").cumulative == Counts{2, 2, 3, 3});
    CHECK(duration(folded, "resolved").sum == Approx(0.515));
    CHECK(duration(folded, "not_found").cumulative == Counts{0, 4, 4, 4});
    CHECK(duration(folded, "failed").cumulative == Counts{0, 1, 1, 2});
    CHECK(duration(folded, "failed").sum == Approx(2.02));
}

TEST_CASE("Where no resolver has answered, its families have no series") {
    ChainTotals totals(edges);
    totals.add_chain(*step(Step::query, "a.test", 100, 110));
    const Folded folded = fill(totals);
    CHECK(folded[Metric::resolver_own].histograms.empty());
    CHECK(folded[Metric::resolver_upstream].histograms.empty());
    CHECK(folded[Metric::resolution_upstream_queries].histograms.empty());
}

TEST_CASE("A resolver's own time is that of its hits and misses, its upstream time 0 of hits") {
    ChainTotals totals(edges);
    const auto miss = step(Step::resolver, "a.test", 100, 200, {up(105, 195)});
    miss->found = DNS_FOUND_MISS;
    totals.add_answer(*miss);  // 10 ms of its own, 90 upstream
    const auto hit = step(Step::resolver, "a.test", 100, 600);
    hit->found = DNS_FOUND_HIT;
    totals.add_answer(*hit);  // it is in the snapshot
    RawSnapshot snapshot = resolver_snapshot(6, 1);
    snapshot.sockets.hit_latency[0] = 3;
    snapshot.sockets.hit_latency[1] = 2;
    snapshot.sockets.hit_latency[3] = 1;
    snapshot.sockets.hit_latency_sum_ns = 2500 * ms;
    const Folded folded = fill(totals, snapshot);
    REQUIRE(folded[Metric::resolver_own].histograms.size() == 1);
    const HistogramSeries &own = folded[Metric::resolver_own].histograms[0],
                          &waited = folded[Metric::resolver_upstream].histograms[0];
    CHECK(own.cumulative == Counts{4, 6, 6, 7});
    CHECK(own.sum == Approx(2.51));
    CHECK(waited.cumulative == Counts{6, 7, 7, 7});
    CHECK(waited.sum == Approx(0.09));
}

TEST_CASE("Upstream queries are counted by chain, each once, where a resolver is in it") {
    ChainTotals totals(edges);
    const auto shared = up(110, 120);
    totals.add_chain(*step(Step::resolver, "a.test", 100, 130));
    totals.add_chain(*step(Step::resolver, "a.test", 100, 130, {shared, up(121, 125)}));
    const auto both =
        step(Step::call, "a", 90, 150,
             {step(Step::query, "a.test", 95, 140, {step(Step::resolver, "a.test", 100, 130, {shared})}),
              step(Step::query, "a.test", 95, 140, {step(Step::resolver, "a.test", 100, 130, {shared})})});
    totals.add_chain(*both);
    totals.add_chain(*step(Step::query, "a.test", 100, 130));  // no resolver here
    const Folded folded = fill(totals, resolver_snapshot(1, 2));
    const FoldedFamily& family = folded[Metric::resolution_upstream_queries];
    REQUIRE(family.histograms.size() == 1);
    CHECK(family.edges.front() == 0);
    CHECK(family.edges[2] == 2);
    CHECK(family.histograms[0].cumulative[0] == 1);
    CHECK(family.histograms[0].cumulative[1] == 2);
    CHECK(family.histograms[0].cumulative[2] == 3);
    CHECK(family.histograms[0].cumulative.back() == 3);
    CHECK(family.histograms[0].sum == 3);
}

TEST_CASE("With other edges the histograms of times begin at 0, and the rest goes on") {
    ChainTotals totals(edges);
    const auto miss = step(Step::resolver, "a.test", 100, 200, {up(105, 195)});
    miss->found = DNS_FOUND_MISS;
    totals.add_answer(*miss);
    totals.add_chain(*step(Step::query, "a.test", 100, 150, {miss}));
    const auto before = shares(totals);
    totals.restart_times({0.02, 2});
    // The source has made the hits' histogram begin anew: of the six, two are by the new edges.
    RawSnapshot snapshot = resolver_snapshot(6, 1);
    snapshot.sockets.hit_latency[0] = snapshot.sockets.hit_latency[2] = 1;
    Folded folded = fill(totals, snapshot);
    CHECK(folded[Metric::resolution_duration].edges == std::vector<double>{0.02, 2});
    CHECK(folded[Metric::resolver_own].edges == std::vector<double>{0.02, 2});
    CHECK(duration(folded, "resolved").cumulative == Counts{0, 0, 0});
    CHECK(duration(folded, "resolved").sum == 0);
    CHECK(folded[Metric::resolver_own].histograms.at(0).cumulative == Counts{1, 1, 2});
    CHECK(folded[Metric::resolver_upstream].histograms.at(0).cumulative == Counts{2, 2, 2});
    CHECK(folded[Metric::resolution_upstream_queries].histograms.at(0).cumulative.back() == 1);
    CHECK(shares(totals) == before);
    totals.add_answer(*miss);  // 10 ms of its own, 90 upstream
    totals.add_chain(*step(Step::query, "a.test", 100, 150));
    folded = fill(totals, snapshot);
    CHECK(folded[Metric::resolver_own].histograms.at(0).cumulative == Counts{2, 2, 3});
    CHECK(folded[Metric::resolver_upstream].histograms.at(0).cumulative == Counts{2, 3, 3});
    CHECK(duration(folded, "resolved").cumulative == Counts{0, 1, 1});
}
