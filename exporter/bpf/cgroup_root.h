// The root of cgroup version 2, where programs of sockets are attached.
#pragma once

#include <string>

#include "ebpf/dns_abi.h"
#include "exporter/base/result.h"
#include "exporter/base/unique_fd.h"

namespace dnsexp {

struct CgroupRoot {
    UniqueFd folder;
    std::string path;  // for as long as `folder` is open
    // Whether it is the host's: a container that has a cgroup namespace of its own sees a part only.
    bool of_host = false;
    bool is_mounted = false;  // where others see it too
};

// The root that is mounted, the host's rather than another; without any, a mount of its own that nobody else
// sees (needs CAP_SYS_ADMIN). Error: there is neither.
Result<CgroupRoot> open_cgroup_root();

// A hierarchy of cgroup version 1 that containers are in, on hosts that have both; one that this process may
// read.
struct V1Hierarchy {
    dns_hierarchy controller = DNS_HIERARCHY_UNIFIED;  // unified: there is none
    std::string path;                                  // where it is mounted
};
V1Hierarchy find_v1_hierarchy();

}  // namespace dnsexp
