// What the user can set in the configuration file, with defaults, units and bounds. Plain data:
// config_keys.cpp holds the bounds to it, deploy/config.example.yaml shows it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "exporter/metrics/export_options.h"

namespace dnsexp {

// Sizes of tables that the kernel side shares (ebpf/dns_abi.h: DNS_PORTS_MAX, DNS_SERVERS_MAX,
// DNS_LATENCY_EDGES_MAX).
inline constexpr uint32_t kPortsMax = 8;
inline constexpr uint32_t kServersMax = 256;
inline constexpr uint32_t kLatencyEdgesMax = 31;

// How what is private is shown; redact/redactor.h says what each does.
enum class Redaction { plain, hash, mask };

struct PerformanceConfig {
    uint32_t ring_buffer_size_kb = 1024;  // KiB; a power of two, 64..262144, so a multiple of every page size
    uint32_t pending_queries_max = 65536;  // queries that wait for a response; a power of two, 64..1048576
    uint32_t poll_interval_ms = 10;        // between two readings of the ring; 1..1000
    uint32_t event_batch_size = 131072;    // most records taken from the ring in one go; 64..1048576
    std::vector<uint32_t> cpu_affinity;    // CPUs of the thread that reads; distinct, 0..8191; empty: any
    uint32_t stats_buckets = 0;  // latency buckets in equal ratios; 0: latency_buckets_seconds; 0..31
};

enum class Ingress { automatic, xdp, tc };
enum class TcLink { automatic, tcx, clsact };
enum class Tunnel { gre, ipip, pppoe, vxlan, geneve };

struct CaptureConfig {
    std::vector<std::string> interfaces;   // names or shell globs; empty: the default choice of net/choose.h
    Ingress ingress = Ingress::automatic;  // hook of arriving packets
    TcLink tc_link = TcLink::automatic;    // how TC programs are attached
    std::vector<uint16_t> ports = {53};    // of DNS servers; 1..kPortsMax distinct ones, each 1..65535
    std::vector<Tunnel> tunnels;           // encapsulations that are looked into; distinct
    uint32_t query_timeout_ms = 5000;      // a query without a response is given up after; 100..60000
    uint32_t late_window_ms = 30000;       // after that, a response still counts as late for; 0..300000
    uint32_t max_servers = 32;             // with series of their own, the rest is `other`; 1..kServersMax
};

struct MetricsConfig {
    // Upper edges of the latency histogram's buckets, in seconds, rising, without +Inf; 1..kLatencyEdgesMax
    // of them.
    std::vector<double> latency_buckets_seconds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                   0.05,   0.1,     0.25,   0.5,   1,      2.5,   5};
    uint32_t top_domains = 100;                     // with series of their own, the rest is `other`; 0..1000
    uint32_t top_clients = 50;                      // the same for clients; 0..1000
    std::vector<DisabledLabels> disabled_labels;    // one a metric
    std::vector<ServerName> server_names;           // 0..256; no two of one prefix
    Redaction domain_names = Redaction::plain;      // values of label `domain`
    Redaction client_addresses = Redaction::plain;  // values of label `client`
};

enum class WorkloadBackend { automatic, cgroup, kprobe, none };

enum class KubernetesSource { automatic, api, kubelet, none };

struct WorkloadConfig {
    WorkloadBackend backend = WorkloadBackend::automatic;       // how processes are found
    KubernetesSource kubernetes = KubernetesSource::automatic;  // where names of pods come from
    std::string node_name;                         // of this node, to the API server; empty: $NODE_NAME
    std::string kubelet_address = "127.0.0.1";     // of this node's kubelet
    std::string cluster_domain = "cluster.local";  // what Services' names end in; empty: there is none
    uint32_t top_workloads = 30;                   // with series of their own, the rest is `other`; 0..1000
};

struct ChainsConfig {
    bool libc_probes = true;  // calls of the C library's getaddrinfo() are seen
};

enum class BlocklistFormat { automatic, hosts, plain, adblock, dnsmasq, rpz, unbound, wildcard };

struct BlocklistConfig {
    std::string name;  // value of the label `list`: 1..64 of letters, digits, `.`, `_`, `-`; distinct
    std::string path;  // of a file, which is watched; or
    std::string url;   // of a feed, http:// or https://: exactly one of the two
    BlocklistFormat format = BlocklistFormat::automatic;
    uint32_t severity = 3;  // of its matches: 1 low, 2 medium, 3 high

    bool operator==(const BlocklistConfig&) const = default;
};

struct SecurityConfig {
    bool enabled = true;               // names and clients are judged
    uint32_t entropy_threshold = 60;   // score of a name's letters from which HIGH_ENTROPY is told; 0..100
    uint32_t max_subdomain_depth = 5;  // labels below the registrable domain; 1..126
    uint32_t max_label_length = 40;    // octets; 1..63
    uint32_t rate_limit_qps = 100;     // queries of one client in a second; 1..1000000
    uint32_t max_unique_subdomains =
        100;  // distinct names below a registrable domain in a minute; 10..1000000
    std::vector<std::string> suspicious_tlds = {"tk",  "ml",  "ga",   "cf",   "gq",
                                                "top", "xyz", "work", "click"};  // A-labels, lower case
    std::vector<std::string> allowed_domains;  // with all below them: never judged, but by blocklists
    bool threat_intel_enabled = true;          // blocklists are matched
    uint32_t threat_feed_interval_hours = 1;   // between two looks at a feed; 1..720
    std::vector<BlocklistConfig> blocklists;

    bool operator==(const SecurityConfig&) const = default;
};

enum class DestinationType { file, syslog, webhook, alertmanager };

struct AlertDestination {
    DestinationType type{};
    std::string path;  // file: JSON lines are appended
    // syslog: name of RFC 5424's table of facilities, such as local0; and where: /dev/log or another socket's
    // path, udp://HOST:PORT or tcp://HOST:PORT
    std::string facility = "daemon";
    std::string address = "/dev/log";
    std::string url;                   // webhook, alertmanager: http:// or https://
    std::vector<std::string> headers;  // webhook, alertmanager: "Name: value"
    std::string ca_file;               // webhook, alertmanager: as in FetchRequest
    std::string bearer_token_file;     // webhook, alertmanager: as in FetchRequest

    bool operator==(const AlertDestination&) const = default;
};

struct AlertingConfig {
    uint32_t min_severity = 2;                   // that is delivered: 1 low, 2 medium, 3 high
    uint32_t window_seconds = 300;               // the same alert is told once in; 10..86400
    std::vector<AlertDestination> destinations;  // 0..16

    bool operator==(const AlertingConfig&) const = default;
};

struct MonitoringConfig {
    bool prometheus_enabled = true;    // false closes the metrics endpoint and leaves the others
    uint16_t prometheus_port = 10153;  // on all addresses; --web.listen-address wins over it; 1..65535
    std::vector<std::string> metrics;  // names of those that are exported; distinct; empty: all
    bool program_stats = false;        // runs of the BPF programs are counted
};

struct WebConfig {
    uint32_t slow_query_milliseconds = 100;  // /api/v1/slow shows transactions that took longer; 0..60000
};

inline constexpr uint32_t kQueryLogSampleMax = 1'000'000;
inline constexpr size_t kHashKeyMin = 16;  // octets

struct QueryLogConfig {
    std::string path;     // one JSON line a transaction goes there; empty: nowhere; "-": to stdout
    uint32_t sample = 1;  // one of so many is written; 1..kQueryLogSampleMax
    Redaction names = Redaction::plain;
    Redaction clients = Redaction::plain;
    std::string hash_key;  // of Redaction::hash: kHashKeyMin octets or more; empty: a new one with each start

    bool operator==(const QueryLogConfig&) const = default;
};

struct Config {
    PerformanceConfig performance;
    CaptureConfig capture;
    MetricsConfig metrics;
    WorkloadConfig workload;
    ChainsConfig chains;
    SecurityConfig security;
    AlertingConfig alerting;
    MonitoringConfig monitoring;
    WebConfig web;
    QueryLogConfig query_log;
};

}  // namespace dnsexp
