// From a cgroup's id to what people call it: its path, what the path says, and the pods that Kubernetes
// knows.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "exporter/base/result.h"
#include "exporter/config/config.h"
#include "exporter/source/workload_names.h"
#include "exporter/workload/cgroup_name.h"
#include "exporter/workload/cgroup_tree.h"
#include "exporter/workload/kubernetes_client.h"
#include "exporter/workload/pod_table.h"
#include "exporter/workload/search_domains.h"

namespace dnsexp {

// Where the hierarchies of cgroups are. An empty path: there is none.
struct CgroupFolders {
    std::string unified;
    std::string v1;  // of the ids that bear v1_flag
    uint64_t v1_flag = 0;
};

// Not thread-safe.
class WorkloadDirectory {
  public:
    using Clock = std::chrono::steady_clock;

    // Nothing that can't be had is an error: it is logged once, and the names that it would give stay empty.
    static std::unique_ptr<WorkloadDirectory> make(const CgroupFolders& folders,
                                                   const WorkloadConfig& config);

    // Takes in what has happened to the cgroups; never blocks. Call it every few milliseconds: a cgroup that
    // lives shorter than that is not known.
    void poll();

    // What this cgroup is called at this moment. It may get a name later (a pod that the API server has not
    // told of): for two seconds after the first call it is not settled then.
    WorkloadNames names(uint64_t cgroup, Clock::time_point now);

    // What the resolver of a process in this cgroup appends to names; see SearchDomains. Reads a small file
    // now and then.
    SearchDomains::List search_list(uint32_t pid, uint64_t cgroup, Clock::time_point now);

  private:
    WorkloadDirectory(CgroupFolders folders, const WorkloadConfig& config);
    void start_kubernetes(const WorkloadConfig& config);
    [[nodiscard]] WorkloadNames of_pod(const CgroupName& found) const;

    CgroupFolders folders_;
    SearchDomains search_domains_;
    std::unique_ptr<CgroupTree> unified_, v1_;
    std::shared_ptr<PodTable> pods_;  // null: nobody tells of pods
    std::unique_ptr<KubernetesClient> kubernetes_;
    std::unordered_map<uint64_t, Clock::time_point> waiting_;  // cgroups of unknown pods, since when
};

}  // namespace dnsexp
