// Chains -> JSON; see json.h.
#pragma once

#include <cstdint>
#include <string>

#include "exporter/chains/chains.h"

namespace dnsexp {

// The body of /api/v1/chains. `unix_offset_ns`: CLOCK_REALTIME - CLOCK_MONOTONIC, modulo 2^64.
std::string chains_json(const ChainReport& report, bool available, uint64_t unix_offset_ns, uint64_t unix_ns);

}  // namespace dnsexp
