// The parameters of a request's query. They are hostile.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "exporter/alerts/board.h"
#include "exporter/base/result.h"

namespace dnsexp {

// Of /api/v1/workloads.
struct WorkloadFilter {
    uint32_t limit = 100;  // rows; 1..workload_limit_max
    std::string role;      // `client` or `server`; empty: both
};
inline constexpr uint32_t workload_limit_max = 1024;  // no fewer than there can be workloads

// Reads "limit=N&role=R" as sent: percent-encoding is not decoded, for no value needs it. An Error says what
// is allowed; its text is printable ASCII. Pure, thread-safe.
Result<WorkloadFilter> parse_workload_filter(std::string_view query);

// Of /api/v1/domains.
struct DomainFilter {
    uint32_t limit = 50;  // rows; 1..domain_limit_max
};
inline constexpr uint32_t domain_limit_max = 1000;

// Reads "limit=N"; as parse_workload_filter().
Result<DomainFilter> parse_domain_filter(std::string_view query);

// Of /api/v1/servers.
struct ServerFilter {
    uint32_t limit = 100;  // rows; 1..server_limit_max
    std::string role;      // `client`, `server` or `local`; empty: all
};
inline constexpr uint32_t server_limit_max = 1024;  // no fewer than there can be servers in all roles

// Reads "limit=N&role=R"; as parse_workload_filter().
Result<ServerFilter> parse_server_filter(std::string_view query);

// Of /api/v1/chains.
struct ChainRange {
    uint64_t after = 0;    // sequence number
    uint32_t limit = 100;  // chains; 0..chain_limit_max
};
inline constexpr uint32_t chain_limit_max = 4096;  // no fewer than are kept

// Reads "after=N&limit=N"; as parse_workload_filter().
Result<ChainRange> parse_chain_range(std::string_view query);

// Of /api/v1/alerts.
inline constexpr uint32_t alert_limit_max = AlertBoard::capacity;

// Reads "after=N&limit=N&severity=low|medium|high&event_type=T"; as parse_workload_filter().
Result<AlertFilter> parse_alert_filter(std::string_view query);

// Of /api/v1/stream.
struct StreamFilter {
    uint32_t sample = 1;                     // one of so many; 1..stream_sample_max
    std::optional<uint64_t> slower_than_ns;  // answered, and after more than that
    std::string domain;                      // this name and what is below; lower case; empty: all
    std::string rcode;                       // a word of the label `rcode`; empty: all
};
inline constexpr uint32_t stream_sample_max = 1'000'000;
inline constexpr uint32_t stream_slower_than_max_ms = 60'000;

// Reads "sample=N&slower_than_ms=N&domain=D&rcode=R"; as parse_workload_filter().
Result<StreamFilter> parse_stream_filter(std::string_view query);

// For a path without parameters.
Status check_no_parameters(std::string_view query);

}  // namespace dnsexp
