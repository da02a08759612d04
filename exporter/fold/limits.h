// How many series the metrics may have: the numbers behind "under 10,000 series with defaults" of README.md.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ebpf/dns_abi.h"

namespace dnsexp {

inline constexpr uint32_t default_top_domains = 100;
inline constexpr uint32_t default_top_clients = 50;
inline constexpr uint32_t default_top_workloads = 30;

// Answered transactions that took longer are kept for those who ask (SlowBoard).
inline constexpr uint64_t default_slow_threshold_ns = 100'000'000;

// Label combinations that are shown as they are; the rest share those whose server (and type) is `other`.
inline constexpr size_t query_budget = 2048;
inline constexpr size_t response_budget = 1536;
inline constexpr size_t latency_budget = 96;  // the shared ones included

// Pods that have series of what their search lists cost.
inline constexpr uint32_t search_path_pods = 48;

// Values of the label rcode: IANA's names below DNS_RCODES_NAMED with TIMEOUT and UNTRACKED; 12 to 15, which
// have none, and the further ones that the kernel side lets through; `other`.
inline constexpr size_t named_outcomes = 22;
inline constexpr size_t unnamed_rcodes = 4 + DNS_EXTRA_RCODES;
inline constexpr size_t outcome_labels = named_outcomes + unnamed_rcodes + 1;

}  // namespace dnsexp
