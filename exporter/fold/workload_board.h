// The workloads that have series of their own. The kernel's counters are exact for each; here they are given
// to a shown workload or to `other`, so that
//     sum over shown workloads + other + retired == what all workloads counted
// and no series ever goes down. Prometheus misses the first value of a series, so one is shown at 0 first:
// what a new workload has counted until then is held back for its second exposition (increase() then has it
// whole). One that was in `other` begins at 0 with what comes. A series ends after it was shown with its last
// value.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "exporter/fold/folded.h"
#include "exporter/fold/tally.h"
#include "exporter/fold/top_k.h"
#include "exporter/source/source.h"
#include "exporter/source/workload_names.h"

namespace dnsexp {

// Not thread-safe.
class WorkloadBoard {
  public:
    // At most `shown_max` workloads are shown; 0 counts everything in `other`.
    explicit WorkloadBoard(uint32_t shown_max);

    // Whether somebody collects what is exposed: without, a workload's series begins with all that it
    // counted.
    void set_collected(bool collected) { collected_ = collected; }

    // With fewer than are shown, the weakest end as all series do: after they were shown once more.
    void set_shown_max(uint32_t shown_max) { shown_max_ = shown_max; }

    // All histograms begin at 0, and those of the counts that come next do too.
    void restart_latency();

    // Takes over what was counted since the call before. Each cgroup that has no names counts without them.
    void update(const std::vector<WorkloadCounts>& counts, const NamesByCgroup& names, uint64_t now_ns);

    // The rows of the exposition that is being made. `last_bucket` is the index of +Inf.
    void fill(Folded& folded, const std::vector<double>& edges);

    // What fill() gave has reached Prometheus (Fold::exported).
    void exported();

  private:
    struct Row {
        TopK::Row outcomes{};
        uint64_t latency_sum_ns = 0;
        std::array<uint64_t, DNS_LATENCY_BUCKETS> latency{};
    };
    // gone: after its last exposition, until one without it has reached Prometheus.
    enum class State : uint8_t { hidden, born, live, closing, gone };
    struct Entry {
        State state = State::hidden;
        bool exposed = false;
        uint32_t slots = 0;     // of the kernel that count for it
        uint64_t strength = 0;  // queries, halved every few minutes
        uint64_t ended_ns = 0;  // since when it has no slot; 0: it has one
        Row shown, held;
        // One that has ended gives way to any that asks.
        [[nodiscard]] uint64_t claim() const { return slots == 0 ? 0 : strength; }
        [[nodiscard]] bool is_shown() const { return state != State::hidden && state != State::gone; }
    };
    struct Slot {
        Row last;
        Labels labels;  // empty: it has not counted yet
    };

    static void forget_latency(Row& row);
    static Row row_of(const dns_workload& counts);
    static Row difference(const Row& now, const Row& before);
    static void add(Row& to, const Row& what);
    static uint64_t queries(const Row& row);
    static Labels labels_of(const dns_workload_key& key, const WorkloadNames& names);
    static void show(const Labels& labels, const Row& row, Tally& tally, FoldedFamily& latency);

    void count(const WorkloadCounts& counts, const WorkloadNames& names, uint64_t now_ns);
    Entry& entry_of(Slot& slot, Labels labels, uint64_t now_ns);
    void leave(const Labels& labels, uint64_t now_ns);
    void give(Entry& entry, uint64_t role, const Row& delta);
    void age(uint64_t now_ns);
    void take_steps();
    void fill_room();
    void choose_closing();
    bool close_excess();

    uint32_t shown_max_;
    uint32_t shown_ = 0;
    bool collected_ = true;
    uint64_t now_ns_ = 0, next_ageing_ns_ = 0;
    std::vector<Slot> slots_;
    std::map<Labels, Entry> entries_;
    std::array<Row, DNS_WORKLOAD_OTHERS> other_;
    uint64_t retired_ = 0;
};

}  // namespace dnsexp
