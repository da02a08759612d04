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

// The body of /api/v1/slow: {"generated_unix_ns", "threshold_seconds", "transactions": [...]}.
std::string slow_json(const std::vector<TransactionRow>& rows, uint64_t threshold_ns, uint64_t unix_ns);

// The body of /api/v1/workloads: {"generated_unix_ns", "available", "total", "workloads": [...], "others":
// {role:
// ...}, "ended": {role: ...}}. `total`: how many workloads there are of the filter's role, whatever its
// limit.
std::string workloads_json(const WorkloadReport& report, const WorkloadFilter& filter);

// The body of /api/v1/summary. Of the workloads it shows the first `summary_workloads`.
std::string summary_json(const Summary& summary, const WorkloadReport& workloads);
inline constexpr size_t summary_workloads = 50;

}  // namespace dnsexp
