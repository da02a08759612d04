#include "exporter/config/config_keys.h"

#include <algorithm>
#include <cmath>

#include "exporter/config/config_rules.h"
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

std::vector<ConfigKey> make_keys() {
    constexpr auto performance = &Config::performance;
    constexpr auto capture = &Config::capture;
    constexpr auto metrics = &Config::metrics;
    constexpr auto workload = &Config::workload;
    constexpr auto chains = &Config::chains;
    constexpr auto monitoring = &Config::monitoring;
    constexpr auto web = &Config::web;
    const WholeRange port = {1, 65535};
    std::vector<ConfigKey> keys;
    const auto add = [&](const char* section, const char* name, Rule rule) {
        keys.push_back({section, name, std::move(rule.allowed), std::move(rule.apply)});
    };

    add("performance", "ring_buffer_size_kb",
        whole(Place{performance, &PerformanceConfig::ring_buffer_size_kb}, {64, 262144, true}));
    add("performance", "pending_queries_max",
        whole(Place{performance, &PerformanceConfig::pending_queries_max}, {64, 1048576, true}));
    add("performance", "poll_interval_ms",
        whole(Place{performance, &PerformanceConfig::poll_interval_ms}, {1, 1000}));

    add("capture", "interfaces",
        list(Place{capture, &CaptureConfig::interfaces}, "a list of interface names or globs", 0, SIZE_MAX,
             parse_text, [](const std::string&, const auto&) { return std::string(); }));
    add("capture", "ingress",
        choice(Place{capture, &CaptureConfig::ingress},
               {{"auto", Ingress::automatic}, {"xdp", Ingress::xdp}, {"tc", Ingress::tc}}));
    add("capture", "tc_link",
        choice(Place{capture, &CaptureConfig::tc_link},
               {{"auto", TcLink::automatic}, {"tcx", TcLink::tcx}, {"clsact", TcLink::clsact}}));
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
    add("capture", "query_timeout_ms", whole(Place{capture, &CaptureConfig::query_timeout_ms}, {100, 60000}));
    add("capture", "late_window_ms", whole(Place{capture, &CaptureConfig::late_window_ms}, {0, 300000}));
    add("capture", "max_servers", whole(Place{capture, &CaptureConfig::max_servers}, {1, kServersMax}));

    add("metrics", "latency_buckets_seconds",
        list(Place{metrics, &MetricsConfig::latency_buckets_seconds},
             "a list of 1..31 rising numbers of seconds, above 0 and up to 300", 1, kLatencyEdgesMax,
             parse_positive, check_rising));
    add("metrics", "top_domains", whole(Place{metrics, &MetricsConfig::top_domains}, {0, 1000}));
    add("metrics", "top_clients", whole(Place{metrics, &MetricsConfig::top_clients}, {0, 1000}));

    add("workload", "backend",
        choice(Place{workload, &WorkloadConfig::backend}, {{"auto", WorkloadBackend::automatic},
                                                           {"cgroup", WorkloadBackend::cgroup},
                                                           {"kprobe", WorkloadBackend::kprobe},
                                                           {"none", WorkloadBackend::none}}));
    add("workload", "kubernetes",
        choice(Place{workload, &WorkloadConfig::kubernetes}, {{"auto", KubernetesSource::automatic},
                                                              {"api", KubernetesSource::api},
                                                              {"kubelet", KubernetesSource::kubelet},
                                                              {"none", KubernetesSource::none}}));
    add("workload", "node_name",
        text(Place{workload, &WorkloadConfig::node_name}, "a node's name, or empty"));
    add("workload", "kubelet_address",
        text(Place{workload, &WorkloadConfig::kubelet_address}, "a name or an address"));
    add("workload", "cluster_domain",
        single(Place{workload, &WorkloadConfig::cluster_domain}, "a domain name, or empty", parse_domain));
    add("workload", "top_workloads", whole(Place{workload, &WorkloadConfig::top_workloads}, {0, 1000}));

    add("chains", "libc_probes", truth(Place{chains, &ChainsConfig::libc_probes}));

    for (ConfigKey& key : security_keys()) keys.push_back(std::move(key));

    add("monitoring", "prometheus_enabled", truth(Place{monitoring, &MonitoringConfig::prometheus_enabled}));
    add("monitoring", "prometheus_port", whole(Place{monitoring, &MonitoringConfig::prometheus_port}, port));

    add("web", "slow_query_milliseconds", whole(Place{web, &WebConfig::slow_query_milliseconds}, {0, 60000}));
    return keys;
}

}  // namespace

const std::vector<ConfigKey>& config_keys() {
    static const std::vector<ConfigKey> keys = make_keys();
    return keys;
}

}  // namespace dnsexp
