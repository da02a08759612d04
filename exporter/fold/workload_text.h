// What the kernel's counts of a workload are called.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "ebpf/dns_abi.h"
#include "exporter/fold/names.h"

namespace dnsexp {

// The outcome that dns_workload.outcomes counts at this index.
inline uint16_t workload_outcome(size_t index) {
    if (index == DNS_WORKLOAD_TIMEOUT) return DNS_OUTCOME_TIMEOUT;
    if (index == DNS_WORKLOAD_UNTRACKED) return DNS_OUTCOME_UNTRACKED;
    return index < DNS_RCODES_NAMED ? static_cast<uint16_t>(index) : uint16_t{DNS_OUTCOME_OTHER};
}

// A process may call itself anything, so this is printable_text.
inline std::string comm_text(const dns_workload_key& key) {
    const std::string name(std::begin(key.comm),
                           std::find(std::begin(key.comm), std::end(key.comm), uint8_t{0}));
    return printable_text(name);
}

}  // namespace dnsexp
