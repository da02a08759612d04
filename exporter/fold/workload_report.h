// Every workload that the kernel counts, those without series too, at one moment.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "exporter/fold/latency_summary.h"
#include "exporter/source/source.h"
#include "exporter/source/workload_names.h"

namespace dnsexp {

struct WorkloadSum {
    uint64_t queries = 0;
    std::vector<std::pair<std::string, uint64_t>> outcomes;  // of those that occurred
    LatencySummary latency;                                  // of answered queries
};

// Texts are printable ASCII; an empty one is not known.
struct WorkloadRow {
    std::string role, comm, container, pod;
    std::string namespace_;  // NOLINT(readability-identifier-naming): without the underscore it is a keyword
    std::string workload;
    uint64_t cgroup = 0;  // id; 0: not known
    bool is_v1 = false;   // the id is one of a hierarchy of version 1
    WorkloadSum sum;
};

// What no row shows, of one role. Rows, others and ended together are all that was counted.
struct RestOfRole {
    std::string role;
    WorkloadSum others;  // those that found no slot
    WorkloadSum ended;   // those whose slots have been given back
};

struct WorkloadReport {
    uint64_t time_unix_ns = 0;
    bool available = false;         // somebody tells whose a message is
    std::vector<WorkloadRow> rows;  // most queries first
    std::array<RestOfRole, DNS_WORKLOAD_OTHERS> rest;
};

// What workloads had counted when they ended, by role.
class EndedWorkloads {
  public:
    using Sums = std::array<dns_workload, DNS_WORKLOAD_OTHERS>;

    // Call it with each snapshot, once.
    void update(const std::vector<WorkloadCounts>& workloads);
    // What they counted of latencies is forgotten: the edges have changed.
    void restart_latency();
    [[nodiscard]] const Sums& sums() const { return sums_; }

  private:
    Sums sums_{};
};

// `ended`: with the snapshot's own. Two slots of the same workload make one row. Pure, thread-safe.
WorkloadReport workload_report(const RawSnapshot& snapshot, const NamesByCgroup& names,
                               const EndedWorkloads::Sums& ended, uint64_t unix_offset_ns);

}  // namespace dnsexp
