// What a cgroup is called: plain data between the room that finds names and those that show them.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

namespace dnsexp {

// Empty where a name is not known. Texts may hold any byte: whoever shows them escapes them.
struct WorkloadNames {
    std::string container;  // its name in the pod; without Kubernetes, its id
    std::string pod;
    // NOLINTNEXTLINE(readability-identifier-naming): without the underscore it is a keyword
    std::string namespace_;
    std::string
        workload;  // what owns the pod, such as a Deployment; of a process in no container, its systemd unit
    bool settled = true;  // false: a name is expected at any moment
};

// By cgroup id, as in dns_workload_key.
using NamesByCgroup = std::unordered_map<uint64_t, WorkloadNames>;

}  // namespace dnsexp
