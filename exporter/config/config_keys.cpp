#include "exporter/config/config_keys.h"

#include <algorithm>
#include <cmath>

#include "exporter/config/config_export.h"
#include "exporter/config/config_security.h"

namespace dnsexp {
namespace {

constexpr double kLongestEdgeSeconds = 300;  // far above the longest query timeout, 60 s
constexpr double kNanosecondsPerSecond = 1e9;

std::string check_distinct(uint16_t port, const std::vector<uint16_t>& before) {
    return is_among(port, before) ? std::to_string(port) + " is there twice" : "";
}

// The kernel compares whole nanoseconds, so edges must differ in them.
std::string check_rising(double edge, const std::vector<double>& before) {
    const auto nanoseconds = [](double seconds) { return std::llround(seconds * kNanosecondsPerSecond); };
    if (edge > kLongestEdgeSeconds)
        return "is above " + std::to_string(static_cast<int>(kLongestEdgeSeconds));
    if (nanoseconds(edge) < 1) return "is below a nanosecond";
    if (!before.empty() && nanoseconds(edge) <= nanoseconds(before.back()))
        return "is not above the one before it";
    return "";
}

Parsed<std::string> parse_log_path(const YAML::Node& node) {
    if (node.IsScalar() && node.Scalar().empty()) return Parsed<std::string>(std::in_place_index<0>);
    auto parsed = parse_text(node);
    if (parsed.index() == 1) return parsed;
    const std::string& path = std::get<0>(parsed);
    const bool is_path = path == "-" || (path.starts_with('/') && path.find('\0') == std::string::npos);
    return is_path ? parsed
                   : Parsed<std::string>(std::in_place_index<1>,
                                         "is " + shown(path) + ", which is no absolute path");
}

// What is wrong with it never quotes it.
Parsed<std::string> parse_hash_key(const YAML::Node& node) {
    const bool fits = node.IsScalar() && (node.Scalar().empty() || node.Scalar().size() >= kHashKeyMin);
    return fits ? Parsed<std::string>(std::in_place_index<0>, node.Scalar())
                : Parsed<std::string>(std::in_place_index<1>, "is no such text");
}

std::vector<ConfigKey> make_keys() {
    constexpr auto performance = &Config::performance;
    constexpr auto capture = &Config::capture;
    constexpr auto metrics = &Config::metrics;
    constexpr auto workload = &Config::workload;
    constexpr auto chains = &Config::chains;
    constexpr auto monitoring = &Config::monitoring;
    constexpr auto web = &Config::web;
    constexpr auto query_log = &Config::query_log;
    const Choices<Redaction> redactions = {
        {"plain", Redaction::plain}, {"hash", Redaction::hash}, {"mask", Redaction::mask}};
    const WholeRange port = {1, 65535};
    std::vector<ConfigKey> keys;
    const auto add = [&](const char* section, const char* name, Rule rule) {
        keys.push_back({section, name, std::move(rule)});
    };

    add("performance", "ring_buffer_size_kb",
        at_restart(whole(Place{performance, &PerformanceConfig::ring_buffer_size_kb}, {64, 262144, true})));
    add("performance", "pending_queries_max",
        at_restart(whole(Place{performance, &PerformanceConfig::pending_queries_max}, {64, 1048576, true})));
    add("performance", "poll_interval_ms",
        whole(Place{performance, &PerformanceConfig::poll_interval_ms}, {1, 1000}));
    for (ConfigKey& key : reader_keys()) keys.push_back(std::move(key));

    add("capture", "interfaces",
        list(Place{capture, &CaptureConfig::interfaces}, "a list of interface names or globs", 0, SIZE_MAX,
             parse_text, [](const std::string&, const auto&) { return std::string(); }));
    add("capture", "ingress",
        at_restart(choice(Place{capture, &CaptureConfig::ingress},
                          {{"auto", Ingress::automatic}, {"xdp", Ingress::xdp}, {"tc", Ingress::tc}})));
    add("capture", "tc_link",
        at_restart(choice(Place{capture, &CaptureConfig::tc_link},
                          {{"auto", TcLink::automatic}, {"tcx", TcLink::tcx}, {"clsact", TcLink::clsact}})));
    add("capture", "ports",
        list(
            Place{capture, &CaptureConfig::ports}, "a list of 1..8 distinct ports, each 1..65535", 1,
            kPortsMax, [port](const YAML::Node& node) { return parse_whole(node, port); }, check_distinct));
    add("capture", "tunnels",
        choice_list(Place{capture, &CaptureConfig::tunnels}, {{"gre", Tunnel::gre},
                                                              {"ipip", Tunnel::ipip},
                                                              {"pppoe", Tunnel::pppoe},
                                                              {"vxlan", Tunnel::vxlan},
                                                              {"geneve", Tunnel::geneve}}));
    add("capture", "query_timeout_ms",
        at_restart(whole(Place{capture, &CaptureConfig::query_timeout_ms}, {100, 60000})));
    add("capture", "late_window_ms",
        at_restart(whole(Place{capture, &CaptureConfig::late_window_ms}, {0, 300000})));
    add("capture", "max_servers",
        at_restart(whole(Place{capture, &CaptureConfig::max_servers}, {1, kServersMax})));

    add("metrics", "latency_buckets_seconds",
        list(Place{metrics, &MetricsConfig::latency_buckets_seconds},
             "a list of 1..31 rising numbers of seconds, above 0 and up to 300", 1, kLatencyEdgesMax,
             parse_positive, check_rising));
    add("metrics", "top_domains", whole(Place{metrics, &MetricsConfig::top_domains}, {0, 1000}));
    add("metrics", "top_clients", whole(Place{metrics, &MetricsConfig::top_clients}, {0, 1000}));
    for (ConfigKey& key : label_keys()) keys.push_back(std::move(key));

    add("workload", "backend",
        at_restart(choice(Place{workload, &WorkloadConfig::backend}, {{"auto", WorkloadBackend::automatic},
                                                                      {"cgroup", WorkloadBackend::cgroup},
                                                                      {"kprobe", WorkloadBackend::kprobe},
                                                                      {"none", WorkloadBackend::none}})));
    add("workload", "kubernetes",
        at_restart(
            choice(Place{workload, &WorkloadConfig::kubernetes}, {{"auto", KubernetesSource::automatic},
                                                                  {"api", KubernetesSource::api},
                                                                  {"kubelet", KubernetesSource::kubelet},
                                                                  {"none", KubernetesSource::none}})));
    add("workload", "node_name",
        at_restart(text(Place{workload, &WorkloadConfig::node_name}, "a node's name, or empty")));
    add("workload", "kubelet_address",
        at_restart(text(Place{workload, &WorkloadConfig::kubelet_address}, "a name or an address")));
    add("workload", "cluster_domain",
        at_restart(single(Place{workload, &WorkloadConfig::cluster_domain}, "a domain name, or empty",
                          parse_domain)));
    add("workload", "top_workloads", whole(Place{workload, &WorkloadConfig::top_workloads}, {0, 1000}));

    add("chains", "libc_probes", at_restart(truth(Place{chains, &ChainsConfig::libc_probes})));

    for (ConfigKey& key : security_keys()) keys.push_back(std::move(key));

    add("monitoring", "prometheus_enabled",
        at_restart(truth(Place{monitoring, &MonitoringConfig::prometheus_enabled})));
    add("monitoring", "prometheus_port",
        at_restart(whole(Place{monitoring, &MonitoringConfig::prometheus_port}, port)));
    for (ConfigKey& key : monitoring_export_keys()) keys.push_back(std::move(key));

    add("web", "slow_query_milliseconds", whole(Place{web, &WebConfig::slow_query_milliseconds}, {0, 60000}));

    add("query_log", "path",
        single(Place{query_log, &QueryLogConfig::path}, "an absolute path, - for stdout, or empty",
               parse_log_path));
    add("query_log", "sample", whole(Place{query_log, &QueryLogConfig::sample}, {1, kQueryLogSampleMax}));
    add("query_log", "names", choice(Place{query_log, &QueryLogConfig::names}, redactions));
    add("query_log", "clients", choice(Place{query_log, &QueryLogConfig::clients}, redactions));
    add("query_log", "hash_key",
        single(Place{query_log, &QueryLogConfig::hash_key}, "16 characters or more, or empty",
               parse_hash_key));
    return keys;
}

}  // namespace

const std::vector<ConfigKey>& config_keys() {
    static const std::vector<ConfigKey> keys = make_keys();
    return keys;
}

}  // namespace dnsexp
