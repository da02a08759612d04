// How many series the metrics may have: the numbers behind "under 10,000 series with defaults" of README.md.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dnsexp {

inline constexpr uint32_t default_top_domains = 100;
inline constexpr uint32_t default_top_clients = 50;

// Label combinations that are shown as they are; the rest share those whose server (and type) is `other`.
inline constexpr size_t query_budget = 2048;
inline constexpr size_t response_budget = 1536;
inline constexpr size_t latency_budget = 96;  // the shared ones included

// RCODEs without a name that get a label of their own; the rest are `other`.
inline constexpr size_t unnamed_rcode_budget = 8;

}  // namespace dnsexp
