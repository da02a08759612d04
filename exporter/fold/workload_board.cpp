#include "exporter/fold/workload_board.h"

#include <algorithm>
#include <numeric>

#include "exporter/fold/names.h"
#include "exporter/fold/outcome_class.h"
#include "exporter/fold/workload_text.h"

namespace dnsexp {
namespace {

constexpr uint64_t ageing_period_ns = 300'000'000'000;  // as heavy hitters of domains
// A workload that has ended keeps its series so long, if nobody else needs it.
constexpr uint64_t kept_after_end_ns = 600'000'000'000;
// One that is shown gives way only to one that is much stronger, so that series don't flap (TopK's rule).
constexpr uint64_t replace_margin = 16;

constexpr double ns_per_second = 1e9;

}  // namespace

WorkloadBoard::WorkloadBoard(uint32_t shown_max) : shown_max_(shown_max), slots_(DNS_WORKLOADS) {}

void WorkloadBoard::forget_latency(Row& row) {
    row.latency_sum_ns = 0;
    row.latency = {};
}

void WorkloadBoard::restart_latency() {
    for (Slot& slot : slots_) forget_latency(slot.last);
    for (Row& row : other_) forget_latency(row);
    for (auto& [labels, entry] : entries_) {
        forget_latency(entry.shown);
        forget_latency(entry.held);
    }
}

WorkloadBoard::Row WorkloadBoard::row_of(const dns_workload& counts) {
    Row row;
    for (size_t i = 0; i < DNS_WORKLOAD_OUTCOMES; ++i)
        row.outcomes[static_cast<size_t>(outcome_class(workload_outcome(i)))] += counts.outcomes[i];
    row.latency_sum_ns = counts.latency_sum_ns;
    std::copy(std::begin(counts.latency), std::end(counts.latency), row.latency.begin());
    return row;
}

// The CPUs are not read at one moment, so the parts of a row need not agree; none of them goes down.
WorkloadBoard::Row WorkloadBoard::difference(const Row& now, const Row& before) {
    Row delta = now;
    for (size_t i = 0; i < delta.outcomes.size(); ++i) delta.outcomes[i] -= before.outcomes[i];
    delta.latency_sum_ns -= before.latency_sum_ns;
    for (size_t i = 0; i < delta.latency.size(); ++i) delta.latency[i] -= before.latency[i];
    return delta;
}

void WorkloadBoard::add(Row& to, const Row& what) {
    for (size_t i = 0; i < to.outcomes.size(); ++i) to.outcomes[i] += what.outcomes[i];
    to.latency_sum_ns += what.latency_sum_ns;
    for (size_t i = 0; i < to.latency.size(); ++i) to.latency[i] += what.latency[i];
}

uint64_t WorkloadBoard::queries(const Row& row) {
    return std::accumulate(row.outcomes.begin(), row.outcomes.end(), uint64_t{0});
}

Labels WorkloadBoard::labels_of(const dns_workload_key& key, const WorkloadNames& names) {
    return {std::string(role_name(static_cast<uint32_t>(key.role))),
            comm_text(key),
            printable_text(names.container),
            printable_text(names.pod),
            printable_text(names.namespace_),
            printable_text(names.workload)};
}

void WorkloadBoard::update(const std::vector<WorkloadCounts>& counts, const NamesByCgroup& names,
                           uint64_t now_ns) {
    now_ns_ = now_ns;
    age(now_ns);
    const WorkloadNames none;
    for (const WorkloadCounts& one : counts) {
        if (one.slot >= slots_.size()) continue;
        const auto known = names.find(one.key.cgroup);
        count(one, known != names.end() ? known->second : none, now_ns);
    }
}

void WorkloadBoard::count(const WorkloadCounts& counts, const WorkloadNames& names, uint64_t now_ns) {
    Slot& slot = slots_[counts.slot];
    const Row row = row_of(counts.counts);
    const Row delta = difference(row, slot.last);
    if (counts.slot < DNS_WORKLOAD_OTHERS) {
        add(other_[counts.slot], delta);
        slot.last = row;
        return;
    }
    if (!names.settled && !counts.ended) return;
    if (queries(delta) != 0 || !slot.labels.empty()) {
        Entry& entry = entry_of(slot, labels_of(counts.key, names), now_ns);
        give(entry, counts.key.role, delta);
    }
    slot.last = row;
    if (!counts.ended) return;
    if (!slot.labels.empty()) leave(slot.labels, now_ns);
    slot = {};
}

// The entry of these labels, which the slot counts for from now on.
WorkloadBoard::Entry& WorkloadBoard::entry_of(Slot& slot, Labels labels, uint64_t now_ns) {
    if (slot.labels == labels) return entries_.at(labels);
    if (!slot.labels.empty()) leave(slot.labels, now_ns);
    const auto [at, is_new] = entries_.try_emplace(labels);
    Entry& entry = at->second;
    ++entry.slots;
    entry.ended_ns = 0;
    slot.labels = std::move(labels);
    if (is_new && shown_ < shown_max_) {
        entry.state = collected_ ? State::born : State::live;
        ++shown_;
    }
    return entry;
}

// A slot no longer counts for these labels.
void WorkloadBoard::leave(const Labels& labels, uint64_t now_ns) {
    const auto at = entries_.find(labels);
    Entry& entry = at->second;
    if (--entry.slots != 0) return;
    entry.ended_ns = now_ns;
    if (entry.state == State::hidden) entries_.erase(at);
}

void WorkloadBoard::give(Entry& entry, uint64_t role, const Row& delta) {
    entry.strength += queries(delta);
    if (entry.state == State::live)
        add(entry.shown, delta);
    else if (entry.state == State::born)
        add(entry.held, delta);
    else
        add(other_[role % other_.size()], delta);
}

void WorkloadBoard::age(uint64_t now_ns) {
    if (now_ns < next_ageing_ns_) return;
    if (next_ageing_ns_ != 0)
        for (auto& [labels, entry] : entries_) entry.strength /= 2;
    next_ageing_ns_ = now_ns + ageing_period_ns;
}

void WorkloadBoard::show(const Labels& labels, const Row& row, Tally& tally, FoldedFamily& latency) {
    for (size_t i = 0; i < row.outcomes.size(); ++i) {
        Labels with_rcode = labels;
        with_rcode.emplace_back(outcome_class_name(i));
        tally.add(std::move(with_rcode), row.outcomes[i]);
    }
    HistogramSeries series;
    series.labels = labels;
    series.sum = static_cast<double>(row.latency_sum_ns) / ns_per_second;
    series.cumulative.resize(latency.edges.size() + 1);
    const size_t last = std::min<size_t>(latency.edges.size(), DNS_LATENCY_BUCKETS - 1);
    for (size_t i = 0; i < DNS_LATENCY_BUCKETS; ++i) series.cumulative[std::min(i, last)] += row.latency[i];
    std::partial_sum(series.cumulative.begin(), series.cumulative.end(), series.cumulative.begin());
    latency.histograms.push_back(std::move(series));
}

void WorkloadBoard::fill(Folded& folded, const std::vector<double>& edges) {
    Tally tally;
    FoldedFamily& latency = folded[Metric::workload_latency];
    latency.edges = edges;
    for (auto& [labels, entry] : entries_) {
        entry.exposed = true;
        if (!entry.is_shown()) continue;
        show(labels, entry.shown, tally, latency);
    }
    const std::string rest(other_label);
    for (uint32_t role = 0; role < DNS_WORKLOAD_OTHERS; ++role)
        show({std::string(role_name(role)), rest, rest, rest, rest, rest}, other_[role], tally, latency);
    folded[Metric::workload_queries].series = tally.series();
    folded[Metric::retired_queries].series.push_back({{"workload"}, retired_});
}

void WorkloadBoard::exported() {
    take_steps();
    fill_room();
    choose_closing();
}

// What was shown at 0 begins to count, what was shown for the last time ends.
void WorkloadBoard::take_steps() {
    for (auto at = entries_.begin(); at != entries_.end();) {
        Entry& entry = at->second;
        const bool exposed = std::exchange(entry.exposed, false);
        if (exposed && entry.state == State::born) {
            entry.state = State::live;
            entry.shown = std::exchange(entry.held, {});
        } else if (exposed && entry.state == State::closing) {
            retired_ += queries(entry.shown);
            --shown_;
            entry.state = State::gone;
            entry.shown = {};
        } else if (exposed && entry.state == State::gone) {
            entry.state = State::hidden;
        }
        const bool is_gone = entry.state == State::hidden && entry.slots == 0;
        at = is_gone ? entries_.erase(at) : std::next(at);
    }
}

void WorkloadBoard::fill_room() {
    while (shown_ < shown_max_) {
        const auto strongest =
            std::max_element(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) {
                const auto rank = [](const Entry& entry) {
                    return entry.state == State::hidden ? entry.strength + 1 : 0;
                };
                return rank(a.second) < rank(b.second);
            });
        if (strongest == entries_.end() || strongest->second.state != State::hidden) return;
        strongest->second.state = collected_ ? State::born : State::live;
        ++shown_;
    }
}

// More are shown than may be: true where some of them still have to go.
bool WorkloadBoard::close_excess() {
    std::vector<Entry*> live;
    uint32_t staying = shown_;
    for (auto& [labels, entry] : entries_) {
        if (entry.state == State::live) live.push_back(&entry);
        if (entry.state == State::closing) --staying;
    }
    if (staying <= shown_max_) return shown_ > shown_max_;
    const size_t excess = std::min<size_t>(staying - shown_max_, live.size());
    const auto end = live.begin() + static_cast<std::ptrdiff_t>(excess);
    std::partial_sort(live.begin(), end, live.end(),
                      [](const Entry* a, const Entry* b) { return a->claim() < b->claim(); });
    std::for_each(live.begin(), end, [](Entry* entry) { entry->state = State::closing; });
    return true;
}

// Ended ones in time, and the weakest where a much stronger one waits.
void WorkloadBoard::choose_closing() {
    if (close_excess()) return;
    Entry *weakest = nullptr, *strongest = nullptr;
    for (auto& [labels, entry] : entries_) {
        if (entry.state == State::live && entry.slots == 0 && now_ns_ - entry.ended_ns > kept_after_end_ns)
            entry.state = State::closing;
        if (entry.state == State::closing) return;  // there will be room
        if (entry.state == State::live && (!weakest || entry.claim() < weakest->claim())) weakest = &entry;
        if (entry.state == State::hidden && (!strongest || entry.strength > strongest->strength))
            strongest = &entry;
    }
    if (weakest && strongest && strongest->strength > 2 * weakest->claim() + replace_margin)
        weakest->state = State::closing;
}

}  // namespace dnsexp
