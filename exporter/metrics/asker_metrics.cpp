#include "exporter/metrics/catalogue_tables.h"

#include "ebpf/dns_abi.h"
#include "exporter/fold/limits.h"
#include "exporter/fold/top_k.h"

namespace dnsexp {
namespace {

using prometheus::MetricType;

constexpr size_t domains = default_top_domains + 1;
constexpr size_t workloads = default_top_workloads + DNS_WORKLOAD_OTHERS;
constexpr size_t resolution_results = 3;
constexpr size_t resolution_hops = 4;
constexpr size_t upstream_query_edges = 9;
constexpr size_t security_verdicts = 11 * 3;  // event types and severities
constexpr size_t blocklists = 32;             // security.blocklists

constexpr MetricInfo table[] = {
    {Metric::blocklist_entries,
     "dns_blocklist_entries",
     MetricType::Gauge,
     "Names that the blocklist holds.",
     {"list"},
     blocklists},
    {Metric::blocklist_last_success,
     "dns_blocklist_last_success_timestamp_seconds",
     MetricType::Gauge,
     "When the blocklist was last read whole, or found unchanged, since unix epoch in seconds; 0: never.",
     {"list"},
     blocklists},
    {Metric::blocklist_matches,
     "dns_blocklist_matches_total",
     MetricType::Counter,
     "Queries whose name is on the blocklist.",
     {"list"},
     blocklists},
    {Metric::blocklist_update_failures,
     "dns_blocklist_update_failures_total",
     MetricType::Counter,
     "Attempts to read the blocklist that failed; the last good one stays.",
     {"list"},
     blocklists},
    {Metric::cache_hit_ratio,
     "dns_cache_hit_ratio",
     MetricType::Gauge,
     "Share of hits in dns_cache_lookups_total over the last five minutes; NaN where nobody asked.",
     {},
     1},
    {Metric::cache_lookups,
     "dns_cache_lookups_total",
     MetricType::Counter,
     "Answers of this host's resolvers, by whether they came from the cache (hit) or had to be asked for "
     "(miss).",
     {"result"},
     2},
    {Metric::client_queries,
     "dns_client_queries_total",
     MetricType::Counter,
     "Queries that this host's servers got, by client: the heaviest clients and other.",
     {"client"},
     default_top_clients + 1},
    {Metric::domain_queries,
     "dns_domain_queries_total",
     MetricType::Counter,
     "Queries by registrable domain and outcome: the heaviest domains and other.",
     {"domain", "rcode"},
     domains* TopK::classes},
    {Metric::referrals,
     "dns_referrals_total",
     MetricType::Counter,
     "Responses to this host's processes that only name the servers to ask next.",
     {},
     1},
    {Metric::resolution_duration,
     "dns_resolution_duration_seconds",
     MetricType::Histogram,
     "Seconds that programs waited for a resolution: a getaddrinfo() call, or a query of their own.",
     {"result"},
     resolution_results*(latency_edges + histogram_extra)},
    {Metric::resolution_time,
     "dns_resolution_time_seconds_total",
     MetricType::Counter,
     "Seconds of resolutions by where they went, each second once: libc, query, resolver or upstream.",
     {"hop"},
     resolution_hops},
    {Metric::resolution_upstream_queries,
     "dns_resolution_upstream_queries",
     MetricType::Histogram,
     "Queries that this host's resolvers sent for one resolution.",
     {},
     upstream_query_edges + histogram_extra},
    {Metric::resolver_own,
     "dns_resolver_own_seconds",
     MetricType::Histogram,
     "Seconds of a resolver's answer in which it did not wait for upstream servers.",
     {},
     latency_edges + histogram_extra},
    {Metric::resolver_upstream,
     "dns_resolver_upstream_seconds",
     MetricType::Histogram,
     "Seconds of a resolver's answer in which it waited for upstream servers; 0 of hits.",
     {},
     latency_edges + histogram_extra},
    {Metric::retired_queries,
     "dns_retired_queries_total",
     MetricType::Counter,
     "What series of the metric had counted that are no longer shown.",
     {"metric"},
     4},
    {Metric::search_path_queries,
     "dns_search_path_queries_total",
     MetricType::Counter,
     "Lookups under a suffix of the search list: wasted, since the name resolved without it, or useful.",
     {"namespace", "pod", "result"},
     (search_path_pods + 1) * 2},
    {Metric::security_alerts,
     "dns_security_alerts_total",
     MetricType::Counter,
     "Alerts raised, of every severity, whatever is delivered.",
     {"event_type", "severity"},
     security_verdicts},
    {Metric::security_findings_folded,
     "dns_security_findings_folded_total",
     MetricType::Counter,
     "Findings that raised no alert of their own, since there was one of the same kind within the window.",
     {"event_type", "severity"},
     security_verdicts},
    {Metric::workload_latency,
     "dns_workload_latency_seconds",
     MetricType::Histogram,
     "Seconds from query to response, at the socket of the process that asked or answered.",
     {"role", "comm", "container", "pod", "namespace", "workload"},
     workloads*(latency_edges + histogram_extra)},
    {Metric::workload_queries,
     "dns_workload_queries_total",
     MetricType::Counter,
     "Queries by the process that asked or answered, and by outcome: the heaviest workloads and other.",
     {"role", "comm", "container", "pod", "namespace", "workload", "rcode"},
     workloads* TopK::classes},
};

}  // namespace

std::span<const MetricInfo> asker_metrics() {
    return table;
}

}  // namespace dnsexp
