#include "exporter/workload/directory.h"

#include <cstdlib>

#include "exporter/base/log.h"
#include "exporter/workload/cgroup_name.h"

namespace dnsexp {
namespace {

// A pod's labels appear within two seconds of its start; so long its counts wait for them.
constexpr std::chrono::seconds pod_wait{2};
constexpr size_t most_waiting = 4096;

// Container ids are shown as the runtimes' own tools do.
constexpr size_t short_id = 12;

std::optional<std::string> environment(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
}

std::unique_ptr<CgroupTree> open_tree(const std::string& path) {
    if (path.empty()) return nullptr;
    auto tree = CgroupTree::open(path);
    if (tree) return std::move(tree).value();
    log_warn("names of cgroups are not known", {{"err", tree.error().message()}});
    return nullptr;
}

void poll_tree(CgroupTree* tree) {
    if (!tree) return;
    if (auto status = tree->poll(); !status)
        log_warn("names of cgroups may be missing", {{"err", status.error().message()}});
}

}  // namespace

WorkloadDirectory::WorkloadDirectory(CgroupFolders folders, const WorkloadConfig& config)
    : folders_(std::move(folders)), search_domains_(proc_of_host(), config.cluster_domain) {}

std::unique_ptr<WorkloadDirectory> WorkloadDirectory::make(const CgroupFolders& folders,
                                                           const WorkloadConfig& config) {
    std::unique_ptr<WorkloadDirectory> directory(new WorkloadDirectory(folders, config));
    directory->unified_ = open_tree(folders.unified);
    directory->v1_ = open_tree(folders.v1);
    directory->start_kubernetes(config);
    return directory;
}

void WorkloadDirectory::start_kubernetes(const WorkloadConfig& config) {
    if (config.kubernetes == KubernetesSource::none) return;
    const bool in_cluster = environment("KUBERNETES_SERVICE_HOST").has_value();
    if (config.kubernetes == KubernetesSource::automatic && !in_cluster) return;
    const auto options = config.kubernetes == KubernetesSource::kubelet
                             ? kubelet_options(config.kubelet_address)
                             : in_cluster_options(config.node_name, environment);
    if (!options) {
        log_warn("names of pods are not known", {{"err", options.error().message()}});
        return;
    }
    pods_ = std::make_shared<PodTable>();
    auto client = KubernetesClient::start(options.value(), pods_);
    if (client)
        kubernetes_ = std::move(client).value();
    else
        log_warn("names of pods are not known", {{"err", client.error().message()}});
}

void WorkloadDirectory::poll() {
    poll_tree(unified_.get());
    poll_tree(v1_.get());
}

WorkloadNames WorkloadDirectory::names(uint64_t cgroup, Clock::time_point now) {
    const bool is_v1 = (cgroup & folders_.v1_flag) != 0;
    CgroupTree* tree = is_v1 ? v1_.get() : unified_.get();
    const auto path = tree ? tree->path_of(cgroup & ~folders_.v1_flag) : std::nullopt;
    if (!path) return {};
    const CgroupName found = parse_cgroup_path(*path);
    if (found.pod_uid.empty() && found.container_id.empty()) {
        WorkloadNames names;
        names.workload = found.unit;
        return names;
    }
    WorkloadNames names = of_pod(found);
    if (!names.pod.empty() || !pods_ || found.pod_uid.empty()) {
        waiting_.erase(cgroup);
        return names;
    }
    if (waiting_.size() >= most_waiting) waiting_.clear();
    names.settled = now - waiting_.try_emplace(cgroup, now).first->second >= pod_wait;
    return names;
}

SearchDomains::List WorkloadDirectory::search_list(uint32_t pid, uint64_t cgroup, Clock::time_point now) {
    return search_domains_.of(pid, cgroup, now, [&] { return names(cgroup, now).namespace_; });
}

WorkloadNames WorkloadDirectory::of_pod(const CgroupName& found) const {
    WorkloadNames names;
    // OCI ids are cut as the runtimes' tools show them; a name of LXC's or nspawn's is whole.
    constexpr size_t oci_id = 64;
    names.container =
        found.container_id.substr(0, found.container_id.size() == oci_id ? short_id : std::string::npos);
    if (!pods_) return names;
    std::shared_ptr<const Pod> pod;
    if (const auto container = pods_->by_container(found.container_id)) {
        pod = container->pod;
        names.container = container->name;
    } else if (!found.pod_uid.empty()) {
        pod = pods_->by_uid(found.pod_uid);
    }
    if (!pod) return names;
    names.pod = pod->name;
    names.namespace_ = pod->namespace_;
    names.workload = pod->workload;
    return names;
}

}  // namespace dnsexp
