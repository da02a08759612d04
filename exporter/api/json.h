// Plain data -> JSON (RFC 8259). What is not known is null. Every text is valid UTF-8, whatever the data
// holds: octets that are not printable ASCII are written as \DDD before they are quoted. Pure, thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "exporter/api/parameters.h"
#include "exporter/fold/summary.h"
#include "exporter/fold/transaction_row.h"
#include "exporter/fold/workload_report.h"

namespace dnsexp {

// One transaction as an object, in one line without a newline.
std::string transaction_json(const TransactionRow& row);

// The same of a sample, with `weight`: how many transactions this one stands for.
std::string transaction_json(const TransactionRow& row, uint32_t weight);

// The body of /api/v1/slow: {"generated_unix_ns", "threshold_seconds", "transactions": [...]}.
std::string slow_json(const std::vector<TransactionRow>& rows, uint64_t threshold_ns, uint64_t unix_ns);

// The body of /api/v1/workloads: {"generated_unix_ns", "available", "total", "workloads": [...], "others":
// {role:
// ...}, "ended": {role: ...}}. `total`: how many workloads there are of the filter's role, whatever its
// limit.
std::string workloads_json(const WorkloadReport& report, const WorkloadFilter& filter);

// The body of /api/v1/summary. Of domains and workloads it shows the first ones. `start_unix_ns`: when the
// exporter began.
std::string summary_json(const Summary& summary, const WorkloadReport& workloads, uint64_t start_unix_ns);
inline constexpr size_t summary_domains = 50;
inline constexpr size_t summary_workloads = 50;

// The body of /api/v1/domains: {"generated_unix_ns", "total", "domains": [...]}.
std::string domains_json(const Summary& summary, const DomainFilter& filter);

// The body of /api/v1/servers: {"generated_unix_ns", "edges_seconds", "total", "servers": [...]}. `total`:
// how many there are of the filter's role, whatever its limit.
std::string servers_json(const Summary& summary, const ServerFilter& filter);

}  // namespace dnsexp
