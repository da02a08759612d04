#include "exporter/fold/search_path_board.h"

#include <numeric>
#include <utility>

#include "exporter/fold/names.h"
#include "exporter/fold/tally.h"

namespace dnsexp {
namespace {

constexpr uint64_t ageing_period_ns = 300'000'000'000;  // as heavy hitters of domains

// Classes of the pods' counters.
enum Result : size_t { wasted, useful, results };
static_assert(results <= TopK::classes);

// Between namespace and pod in a key. Label text is printable ASCII, so it holds none.
constexpr char separator = '\0';

void show(Tally& tally, const std::string& space, const std::string& pod, const TopK::Row& row) {
    tally.add({space, pod, "wasted"}, row[wasted]);
    tally.add({space, pod, "useful"}, row[useful]);
}

}  // namespace

SearchPathBoard::SearchPathBoard(SearchLists lists, uint32_t shown_max)
    : lists_(std::move(lists)), pods_(shown_max) {}

void SearchPathBoard::add(const dns_event& event) {
    if (!event.asker.known || event.asker.workload >= by_slot_.size()) return;
    const auto list = lists_(event.asker);
    if (!list) return;
    const SearchLookups found = path_.add(event, *list);
    SearchLookups& lookups = by_slot_[event.asker.workload];
    lookups.wasted += found.wasted;
    lookups.useful += found.useful;
}

// Of workloads without a slot of their own nothing is known.
std::string SearchPathBoard::key_of(const WorkloadCounts& workload, const WorkloadNames& names) {
    if (workload.slot < DNS_WORKLOAD_OTHERS) return std::string(other_label);
    return printable_text(names.namespace_) + separator + printable_text(names.pod);
}

void SearchPathBoard::update(const std::vector<WorkloadCounts>& workloads, const NamesByCgroup& names,
                             uint64_t now_ns) {
    if (now_ns >= next_ageing_ns_) {
        if (next_ageing_ns_ != 0) pods_.age();
        next_ageing_ns_ = now_ns + ageing_period_ns;
    }
    const WorkloadNames none;
    for (const WorkloadCounts& workload : workloads) {
        if (workload.slot >= by_slot_.size()) continue;
        SearchLookups& lookups = by_slot_[workload.slot];
        if (lookups.wasted == 0 && lookups.useful == 0) continue;
        const auto known = names.find(workload.key.cgroup);
        const WorkloadNames& its = known != names.end() ? known->second : none;
        if (!its.settled && !workload.ended) continue;
        give(key_of(workload, its), std::exchange(lookups, {}));
    }
}

void SearchPathBoard::give(const std::string& pod, const SearchLookups& lookups) {
    pods_.add(pod, wasted, 0);  // a place for it, where there is one
    if (pods_.is_born(pod)) {
        SearchLookups& held = held_[pod];
        held.wasted += lookups.wasted;
        held.useful += lookups.useful;
        return;
    }
    pods_.add(pod, wasted, lookups.wasted);
    pods_.add(pod, useful, lookups.useful);
}

void SearchPathBoard::fill(Folded& folded) {
    Tally tally;
    for (const TopK::Shown& shown : pods_.expose()) {
        const size_t middle = shown.key.find(separator);
        show(tally, shown.key.substr(0, middle), shown.key.substr(middle + 1), shown.counts);
    }
    const std::string rest(other_label);
    show(tally, rest, rest, pods_.other());
    folded[Metric::search_path_queries].series = tally.series();
    const TopK::Row& retired = pods_.retired();
    folded[Metric::retired_queries].series.push_back(
        {{"search_path"}, std::accumulate(retired.begin(), retired.end(), uint64_t{0})});
}

void SearchPathBoard::exported() {
    pods_.exported();
    for (const auto& [pod, lookups] : std::exchange(held_, {})) give(pod, lookups);
}

}  // namespace dnsexp
