// The search lists of processes: from their own resolv.conf, or what a pod of the cluster has.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "exporter/source/search_list.h"

namespace dnsexp {

// Not thread-safe.
class SearchDomains {
  public:
    using Clock = std::chrono::steady_clock;
    using List = std::shared_ptr<const SearchList>;

    // A list is read anew after so long.
    static constexpr std::chrono::seconds kept{5};
    // Processes, and cgroups, that are remembered. A process that asks costs one small file, once in `kept`.
    static constexpr size_t remembered_max = 1024;

    // `proc`: where processes are seen under the kernel's numbers; empty where they are not.
    // `cluster_domain`: of Kubernetes; empty: none.
    SearchDomains(std::string proc, std::string cluster_domain);

    // The list of a process, which may be gone: of its own resolv.conf; where that can't be read, the one
    // that was last read of its cgroup; where there is none, NAMESPACE.svc.DOMAIN, svc.DOMAIN and DOMAIN.
    // `namespace_of` tells the cgroup's namespace, which may be empty, and is called only then.
    template <typename NamespaceOf>
    List of(uint32_t pid, uint64_t cgroup, Clock::time_point now, NamespaceOf namespace_of) {
        List list = remembered(pid, now);
        if (list) return list;
        list = read(pid, cgroup);
        if (!list) list = of_cluster(namespace_of());
        return remember(pid, std::move(list), now);
    }

  private:
    struct OfProcess {
        List list;
        Clock::time_point since;
    };

    [[nodiscard]] List remembered(uint32_t pid, Clock::time_point now) const;
    List read(uint32_t pid, uint64_t cgroup);
    [[nodiscard]] List of_cluster(const std::string& space) const;
    List remember(uint32_t pid, List list, Clock::time_point now);

    std::string proc_;
    std::string cluster_domain_;
    std::unordered_map<uint32_t, OfProcess> by_process_;
    std::unordered_map<uint64_t, List> by_cgroup_;
};

// "/proc" where it shows processes under the kernel's own numbers: in the PID namespace of the host. Else
// empty.
std::string proc_of_host();

}  // namespace dnsexp
