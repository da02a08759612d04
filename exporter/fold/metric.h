// The identity of every metric. What users see of it (name, help, labels) is in the catalogue of metrics/.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dnsexp {

enum class Metric : uint8_t {
    // from the exact lane
    queries,
    responses,
    latency,
    packets,
    active_queries,
    messages,
    message_size,
    parse_errors,
    retransmissions,
    responses_truncated,
    responses_unmatched,
    responses_late,
    responses_duplicate,
    responses_empty,
    unreachable,
    opcodes,
    flags,
    multicast_messages,
    edns_payload_size,
    edns_walks,
    extended_errors,
    // from events
    domain_queries,
    client_queries,
    retired_queries,
    // of workloads
    workload_queries,
    workload_latency,
    search_path_queries,
    // of resolvers and resolutions
    cache_lookups,
    cache_hit_ratio,
    referrals,
    resolver_own,
    resolver_upstream,
    resolution_duration,
    resolution_upstream_queries,
    resolution_time,
    // of security
    security_alerts,
    security_findings_folded,
    blocklist_matches,
    blocklist_entries,
    blocklist_last_success,
    blocklist_update_failures,
    alert_deliveries,
    alert_queue_length,
    // the exporter's own
    attached,
    events,
    socket_events,
    map_entries,
    map_capacity,
    map_losses,
    program_runs,
    program_run_seconds,
    config_last_reload_successful,
    config_last_reload_success,
    config_reloads,
    query_log_lines,
    reader_last_run,
    stream_events_lost,
    stream_listeners,
    build_info,
    scrape_duration,
    process_cpu,
    process_open_fds,
    process_max_fds,
    process_virtual_memory,
    process_virtual_memory_max,
    process_resident_memory,
    process_start_time,
    count  // not a metric: how many there are
};

inline constexpr size_t metric_count = static_cast<size_t>(Metric::count);

}  // namespace dnsexp
