// What a judge found, in the words that people get.
#pragma once

#include <cstdint>

#include "exporter/alerts/alert.h"
#include "exporter/security/finding.h"
#include "exporter/source/workload_names.h"

namespace dnsexp {

// `workload` and `names` of the finding's asker, empty where it is not known; they may hold any byte.
// `unix_offset_ns` is CLOCK_REALTIME - CLOCK_MONOTONIC, modulo 2^64. The sequence stays 0. Pure, thread-safe.
Alert make_alert(const Finding& finding, const dns_workload_key& workload, const WorkloadNames& names,
                 uint64_t unix_offset_ns);

}  // namespace dnsexp
