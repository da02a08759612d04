// dns_search_path_queries_total: what search lists cost, by pod. The pods with the most lookups have series,
// the rest count in `other` (TopK's rules), so that
//     sum over shown pods + other + retired == lookups whose workload's names are known.
// What a pod counts before its series was shown at 0 is held back, so increase() has it whole.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "exporter/fold/folded.h"
#include "exporter/fold/limits.h"
#include "exporter/fold/search_path.h"
#include "exporter/fold/top_k.h"
#include "exporter/source/source.h"
#include "exporter/source/workload_names.h"

namespace dnsexp {

// The list of the process that asked, which may be gone already; null where none is known.
using SearchLists = std::function<std::shared_ptr<const SearchList>(const dns_asker& asker)>;

// Not thread-safe.
class SearchPathBoard {
  public:
    // `lists`: what is appended to names, by who asked. `shown_max` pods have series.
    explicit SearchPathBoard(SearchLists lists, uint32_t shown_max = search_path_pods);

    // As TopK's.
    void set_collected(bool collected) { pods_.set_collected(collected); }

    // An answered query of a client, each one once. One whose asker is not known is not looked at.
    void add(const dns_event& event);

    // Gives what was counted since the call before to the workloads' pods. Counts of one whose names are not
    // settled wait.
    void update(const std::vector<WorkloadCounts>& workloads, const NamesByCgroup& names, uint64_t now_ns);

    // The rows of the exposition that is being made.
    void fill(Folded& folded);

    // What fill() gave has reached Prometheus (Fold::exported).
    void exported();

  private:
    static std::string key_of(const WorkloadCounts& workload, const WorkloadNames& names);
    void give(const std::string& pod, const SearchLookups& lookups);

    SearchLists lists_;
    SearchPath path_;
    uint64_t next_ageing_ns_ = 0;
    std::array<SearchLookups, DNS_WORKLOADS> by_slot_{};
    std::map<std::string, SearchLookups> held_;  // by pod, until its series has been shown at 0
    TopK pods_;
};

}  // namespace dnsexp
