// One step of a resolution: a call, or a transaction as a socket saw it, with the steps that it waited for.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ebpf/dns_abi.h"

namespace dnsexp {

enum class Step : uint8_t {
    call,      // getaddrinfo() of the C library
    query,     // a program's own query, to its answer
    resolver,  // a query that a resolver of this host got, to its answer
    upstream   // a query that a resolver sent
};
inline constexpr size_t step_count = 4;

// Outcome of a step that nobody answered in time.
inline constexpr uint16_t outcome_unanswered = DNS_OUTCOME_TIMEOUT;

struct ChainNode {
    Step step = Step::query;
    uint64_t begin_ns = 0;  // CLOCK_MONOTONIC
    uint64_t end_ns = 0;    // 0: nobody has answered
    std::string name;       // on the wire, in lower case; of a call, the text that it was given
    uint16_t type = 0;      // QTYPE
    uint16_t id = 0;        // of the DNS message
    dns_address client{}, server{};
    uint16_t client_port = 0, server_port = 0;
    uint16_t outcome = outcome_unanswered;  // of a call: EAI_*, with its sign turned; 0 for success
    uint8_t found = 0;                      // enum dns_found
    uint32_t group = 0;                     // whose socket it is (dns_group_of)
    uint32_t pid = 0, tid = 0, uid = 0;     // pid 0: not known
    uint64_t cgroup = 0;                    // as in dns_workload_key
    std::string comm;                       // printable
    bool is_waited_for = false;             // another step has it among its children
    std::vector<std::string> aliases;  // what the answer's CNAME records lead to; on the wire, lower case
    std::vector<std::string> name_servers;             // whom a referral names; the same
    std::vector<std::shared_ptr<ChainNode>> children;  // in the order of their beginning
};

using ChainNodePtr = std::shared_ptr<ChainNode>;

}  // namespace dnsexp
