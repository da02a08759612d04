// An alert as people and other systems get it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace dnsexp {

// Texts are printable ASCII; an empty one is not known.
struct Alert {
    uint64_t sequence = 0;  // from 1, in the order in which they were raised
    uint64_t time_unix_ns = 0;
    std::string event_type;  // TUNNELING and so on
    uint32_t severity = 1;   // 1 low, 2 medium, 3 high
    uint32_t score = 0;      // 0..100
    std::string domain, client, server, role;
    std::optional<uint32_t> pid;  // the process of this host that asked, or in role `server` that answered
    std::string process, container, pod;
    std::string namespace_;  // NOLINT(readability-identifier-naming): without the underscore it is a keyword
    std::string workload;
    std::string details;
    uint64_t folded = 0;  // further findings of the same kind that it stands for
};

}  // namespace dnsexp
