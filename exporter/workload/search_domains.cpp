#include "exporter/workload/search_domains.h"

#include <sys/stat.h>

#include <filesystem>
#include <utility>

#include "exporter/workload/resolv_conf.h"

namespace dnsexp {
namespace {

constexpr ino_t kInitialPidNamespace = 0xEFFFFFFC;  // the kernel's PROC_PID_INIT_INO, linux/proc_ns.h

}  // namespace

SearchDomains::SearchDomains(std::string proc, std::string cluster_domain)
    : proc_(std::move(proc)), cluster_domain_(std::move(cluster_domain)) {}

SearchDomains::List SearchDomains::remembered(uint32_t pid, Clock::time_point now) const {
    const auto known = by_process_.find(pid);
    return known != by_process_.end() && now - known->second.since < kept ? known->second.list : nullptr;
}

SearchDomains::List SearchDomains::read(uint32_t pid, uint64_t cgroup) {
    const auto before = by_cgroup_.find(cgroup);
    List last = before != by_cgroup_.end() ? before->second : nullptr;
    if (proc_.empty() || pid == 0) return last;
    auto found = read_search_list(std::filesystem::path(proc_) / std::to_string(pid) / "root");
    if (!found) return last;
    if (last && last->suffixes == found->suffixes) return last;
    if (by_cgroup_.size() >= remembered_max) by_cgroup_.clear();
    return by_cgroup_[cgroup] = std::make_shared<const SearchList>(std::move(found).value());
}

SearchDomains::List SearchDomains::of_cluster(const std::string& space) const {
    SearchList list;
    const auto append = [&](const std::string& domain) {
        if (auto suffix = wire_suffix(domain)) list.suffixes.push_back(std::move(*suffix));
    };
    if (!cluster_domain_.empty()) {
        append(space + ".svc." + cluster_domain_);  // no name without a namespace
        append("svc." + cluster_domain_);
        append(cluster_domain_);
    }
    return std::make_shared<const SearchList>(std::move(list));
}

SearchDomains::List SearchDomains::remember(uint32_t pid, List list, Clock::time_point now) {
    if (by_process_.size() >= remembered_max) by_process_.clear();
    by_process_[pid] = {list, now};
    return list;
}

std::string proc_of_host() {
    struct stat info {};
    return ::stat("/proc/self/ns/pid", &info) == 0 && info.st_ino == kInitialPidNamespace ? "/proc" : "";
}

}  // namespace dnsexp
