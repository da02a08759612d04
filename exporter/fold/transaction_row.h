// One finished transaction as people read it: the columns of everything that shows single transactions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ebpf/dns_abi.h"
#include "exporter/source/workload_names.h"

namespace dnsexp {

// Texts are printable ASCII; an empty one is not known.
struct TransactionRow {
    struct Process {
        uint32_t pid, tid, uid;  // pid is the thread group's
    };

    uint64_t time_unix_ns = 0;  // of the query
    std::string name;           // presentation format, lower case
    std::string type;           // mnemonic or TYPE<n>
    std::string server, client;
    std::string role, transport, outcome;
    std::optional<uint64_t> latency_ns;  // nothing where no response came in time

    // The process of this host: that asked, or in role `server` that answered.
    std::optional<Process> process;
    std::string comm;
    std::string container, pod;
    std::string namespace_;  // NOLINT(readability-identifier-naming): without the underscore it is a keyword
    std::string workload;
};

// All that the event itself tells; comm and what follows stay empty. Reads `message_length` octets of the
// message. `unix_offset_ns` is CLOCK_REALTIME - CLOCK_MONOTONIC; modulo 2^64, so it may be negative. Pure,
// thread-safe.
TransactionRow transaction_row(const dns_event& event, uint64_t unix_offset_ns);

// The columns that need the workload. `comm`: printable text. `names` may hold any byte.
void name_workload(TransactionRow& row, const std::string& comm, const WorkloadNames& names);

}  // namespace dnsexp
