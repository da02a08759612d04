// /api/v1/chains -> plain structs; see reading.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/base/result.h"

namespace dnsexp {

struct ChainStepRow {
    std::string event, name, type, server, rcode, leads_to, comm;
    double offset_seconds = 0;
    std::optional<double> seconds;
    uint64_t hop = 0, depth = 0, pid = 0;
};

struct ReadChain {
    uint64_t sequence = 0;
    std::string time;  // RFC 3339
    std::string name, type, result, begun_by, cache, comm;
    std::string place;  // pod, container or unit
    std::optional<double> seconds;
    uint64_t upstream_queries = 0, referrals = 0, pid = 0;
    std::vector<ChainStepRow> steps;
    std::string json;  // the object as it came, in one line of ASCII
};

struct ChainReading {
    bool available = false;
    uint64_t finished = 0, first_sequence = 0;
    std::vector<ReadChain> chains;  // oldest first
};

// An Error where the text is no JSON object.
Result<ChainReading> read_chains(std::string_view body);

// Steps: a chain's first one, and those that it waited for.
uint64_t hops(const ReadChain& chain);

// Whether two readings tell of one chain. Times of day, and what is known of a pod, can differ: each reading
// reckons them anew.
bool is_same_chain(const ReadChain& a, const ReadChain& b);

}  // namespace dnsexp
