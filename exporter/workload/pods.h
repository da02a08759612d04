// What is known of a pod: plain data, checked where it came in.
#pragma once

#include <string>
#include <vector>

namespace dnsexp {

struct PodContainer {
    std::string id;    // 64 hex digits, without the runtime's "containerd://"
    std::string name;  // RFC 1123 label
};

// Where the names come from that a pod's resolver appends.
enum class PodDns {
    cluster,  // the namespace's and the cluster's domains, then the node's: ClusterFirst,
              // ClusterFirstWithHostNet
    node,     // the node's resolv.conf: Default, and ClusterFirst on the host's network
    none      // only what dns_search says
};

struct Pod {
    std::string uid;  // a UUID in lower case; of a static pod that the kubelet names, its config hash
    // Of a static pod's mirror: 32 hex digits, by which the kubelet names the pod's cgroup. Else empty.
    std::string config_hash;
    // RFC 1123 label. NOLINTNEXTLINE(readability-identifier-naming): without the underscore it is a keyword
    std::string namespace_;
    std::string name;  // RFC 1123 subdomain
    // The controller at the end of the chain, as far as the pod itself tells: Deployment, StatefulSet,
    // DaemonSet, CronJob, Job, or a kind of the user's own. Both empty where there is none.
    std::string workload_kind;
    std::string workload;
    std::vector<PodContainer> containers;  // started ones, init and ephemeral ones included
    PodDns dns = PodDns::cluster;
    std::vector<std::string> dns_search;  // spec.dnsConfig.searches: domains added to those above
    bool finished = false;                // phase Succeeded or Failed: no container will start again
};

}  // namespace dnsexp
