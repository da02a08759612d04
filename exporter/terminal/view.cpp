#include "exporter/terminal/view.h"

#include <algorithm>
#include <iterator>
#include <numeric>

#include "exporter/fold/quantile.h"

namespace dnsexp {
namespace {

using Readings = std::deque<SummaryReading>;
using List = std::vector<CountedRow> SummaryReading::*;

// So many rows and the exporter may have left some out (docs of /api/v1/summary): one that is missing is not
// at 0.
constexpr size_t full_list = 50;

double seconds_between(const SummaryReading& from, const SummaryReading& to) {
    constexpr double ns_per_second = 1e9;
    return static_cast<double>(to.monotonic_ns - from.monotonic_ns) / ns_per_second;
}

// What a counter gained; one that went back began anew.
template <typename Number>
Number gained(Number before, Number now) {
    return now >= before ? now - before : now;
}

// What is known of a row at an earlier time: nothing where it may have been left out.
std::optional<CountedRow> row_at(const std::vector<CountedRow>& rows, const std::string& key) {
    const auto found =
        std::find_if(rows.begin(), rows.end(), [&](const CountedRow& row) { return row.key == key; });
    if (found != rows.end()) return *found;
    return rows.size() < full_list ? std::optional(CountedRow{}) : std::nullopt;
}

std::optional<double> mean(double sum_seconds, uint64_t count) {
    if (count == 0) return {};
    return sum_seconds / static_cast<double>(count);
}

// Most are clients of somebody: the others say what they are.
std::string shown_name(const CountedRow& row) {
    return row.role.empty() || row.role == "client" ? row.name : row.role + ' ' + row.name;
}

TopRow top_row(const Readings& readings, List list, const CountedRow& now) {
    TopRow row{shown_name(now), {}, mean(now.sum_seconds, now.answered)};
    for (auto one = readings.begin(); one != std::prev(readings.end()); ++one) {
        const double seconds = seconds_between(*one, readings.back());
        const auto before = row_at((*one).*list, now.key);
        if (!before || seconds <= 0) continue;
        row.rate = static_cast<double>(gained(before->queries, now.queries)) / seconds;
        row.mean_seconds =
            mean(gained(before->sum_seconds, now.sum_seconds), gained(before->answered, now.answered));
        break;
    }
    return row;
}

// Once there is something to compare with, those that are idle are left out.
std::vector<TopRow> top_rows(const Readings& readings, List list) {
    std::vector<TopRow> rows;
    for (const CountedRow& now : readings.back().*list) {
        rows.push_back(top_row(readings, list, now));
        if (rows.back().rate == 0.0) rows.pop_back();
    }
    std::stable_sort(rows.begin(), rows.end(), [](const TopRow& a, const TopRow& b) {
        return a.rate.value_or(-1) > b.rate.value_or(-1);
    });
    return rows;
}

std::vector<Share> shares(const SummaryReading& before, const SummaryReading& now) {
    std::vector<Share> shares;
    double total = 0;
    for (const auto& [rcode, queries] : now.outcomes) {
        const auto found = before.outcomes.find(rcode);
        const uint64_t old = found != before.outcomes.end() ? found->second : 0;
        const auto count = static_cast<double>(gained(old, queries));
        if (count == 0) continue;
        shares.push_back({rcode, count});
        total += count;
    }
    for (Share& one : shares) one.share /= total;
    std::stable_sort(shares.begin(), shares.end(),
                     [](const Share& a, const Share& b) { return a.share > b.share; });
    return shares;
}

void put_latency(View& view, const SummaryReading& before, const SummaryReading& now) {
    view.edges = now.edges;
    view.buckets = now.buckets;
    for (size_t i = 0; i < std::min(view.buckets.size(), before.buckets.size()); ++i)
        view.buckets[i] = gained(before.buckets[i], view.buckets[i]);
    const uint64_t count = std::accumulate(view.buckets.begin(), view.buckets.end(), uint64_t{0});
    view.p50 = quantile(view.edges, view.buckets, 0.5);
    view.p95 = quantile(view.edges, view.buckets, 0.95);
    view.p99 = quantile(view.edges, view.buckets, 0.99);
    view.mean_seconds = mean(gained(before.sum_seconds, now.sum_seconds), count);
    view.min_seconds = now.min_seconds;
    view.max_seconds = now.max_seconds;
}

}  // namespace

View make_view(const History& history) {
    View view;
    const Readings& readings = history.readings();
    if (readings.empty()) return view;
    const SummaryReading& now = readings.back();
    const bool compares = seconds_between(readings.front(), now) > 0;
    const SummaryReading nothing;
    const SummaryReading& before = compares ? readings.front() : nothing;
    view.unix_ns = now.unix_ns;
    view.interfaces = now.interfaces;
    view.queries = now.queries;
    view.active = now.active;
    if (compares) {
        view.window_seconds = seconds_between(before, now);
        view.rate = static_cast<double>(gained(before.queries, now.queries)) / view.window_seconds;
    }
    view.outcomes = shares(before, now);
    put_latency(view, before, now);
    view.domains = top_rows(readings, &SummaryReading::domains);
    view.servers = top_rows(readings, &SummaryReading::servers);
    view.workloads = top_rows(readings, &SummaryReading::workloads);
    return view;
}

std::vector<SlowRow> slower_than(const std::vector<SlowRow>& rows, double threshold_seconds) {
    std::vector<SlowRow> slow;
    std::copy_if(rows.begin(), rows.end(), std::back_inserter(slow),
                 [&](const SlowRow& row) { return row.seconds > threshold_seconds; });
    return slow;
}

}  // namespace dnsexp
