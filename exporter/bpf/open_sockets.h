// Owners of the sockets that were there before the programs: found through /proc, in every network namespace
// that a process is in, and written where the programs look.
#pragma once

#include <cstdint>
#include <vector>

#include "ebpf/dns_abi.h"
#include "exporter/base/result.h"

namespace dnsexp {

struct OpenSocketsTask {
    int owners = -1;              // the map of owners
    std::vector<uint16_t> ports;  // of DNS: sockets with one of these at either end are meant
    int cgroup_root = -1;         // folder of the hierarchy's root
    dns_hierarchy hierarchy = DNS_HIERARCHY_UNIFIED;
    const dns_hash_keys* keys = nullptr;  // the programs'
    bool by_name = true;                  // processes are grouped by name and cgroup, not by cgroup alone
};

struct OpenSocketsFound {
    uint32_t sockets = 0;  // that got an owner
    uint32_t refused = 0;  // processes that may not be looked into: without CAP_SYS_PTRACE, other users'
};

// Takes a second for some thousand processes. A socket that a program has met meanwhile keeps what that
// wrote.
Result<OpenSocketsFound> own_open_sockets(const OpenSocketsTask& task);

}  // namespace dnsexp
