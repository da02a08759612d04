// A finished chain as people read it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "exporter/chains/node.h"
#include "exporter/source/workload_names.h"

namespace dnsexp {

// Texts are printable ASCII; an empty one is not known.
struct ChainEvent {
    std::string_view event;  // QUERY_START, CACHE_HIT, CACHE_MISS, UPSTREAM_QUERY, UPSTREAM_RESPONSE,
                             // REFERRAL, QUERY_COMPLETE or QUERY_FAILED
    uint64_t offset_ns = 0;  // from the chain's beginning
    uint32_t hop = 0;        // number of the step, in the order of their beginning; 0 is the chain's first
    uint32_t depth = 0;      // of nesting
    std::string name;        // presentation format, lower case; of a call, as it was given
    std::string type;        // empty of a call
    std::string server;      // address:port; empty of a call
    std::string rcode;       // RCODE, TIMEOUT, or what getaddrinfo() returned; empty of what has just begun
    std::optional<uint64_t> duration_ns;  // of the step, where it has ended
    std::string leads_to;                 // where an answer's first CNAME record, or a referral, leads
    uint32_t pid = 0;                     // 0: not known
    std::string comm;
};

struct ChainRow {
    uint64_t sequence = 0;
    uint64_t begin_ns = 0;                // CLOCK_MONOTONIC
    std::optional<uint64_t> duration_ns;  // nothing where nobody has answered
    std::string name, type;
    std::string result;         // RCODE, TIMEOUT, or what getaddrinfo() returned: SUCCESS or EAI_*
    std::string_view begun_by;  // call, query or server
    std::string_view cache;     // hit or miss of the resolvers that were asked first; empty: of none
    uint32_t upstream_queries = 0, referrals = 0;
    uint32_t depth = 0;  // steps that wait for each other, at most
    uint32_t pid = 0, tid = 0, uid = 0;
    uint64_t cgroup = 0;
    std::string comm;
    WorkloadNames names{};           // whoever shows the row fills them in; they may hold any byte
    std::vector<ChainEvent> events;  // in the order of time
};

// Steps of one chain that are shown: the first of chain_steps().
inline constexpr size_t chain_steps_max = 96;

// Pure, thread-safe.
ChainRow chain_row(const ChainNode& chain);

// Text of what getaddrinfo() returned, its sign turned (netdb.h).
std::string call_result_name(uint16_t negated);

}  // namespace dnsexp
