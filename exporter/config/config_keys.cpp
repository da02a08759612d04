#include "exporter/config/config_keys.h"

#include <algorithm>
#include <cmath>

namespace dnsexp {
namespace {

constexpr double kLongestEdgeSeconds = 300;  // far above the longest query timeout, 60 s
constexpr double kNanosecondsPerSecond = 1e9;

using Problems = std::vector<ConfigProblem>;

// What a value may be, and how it is checked and stored.
struct Rule {
    std::string allowed;
    std::function<Problems(const YAML::Node&, Config&)> apply;
};

// Where a value goes: a field of a section.
template <typename Section, typename Field>
struct Place {
    Section Config::*section;
    Field Section::*field;

    Field& in(Config& config) const { return config.*section.*field; }
};
template <typename Section, typename Field>
Place(Section Config::*, Field Section::*) -> Place<Section, Field>;

// A rule for one value that `parse` reads.
template <typename Section, typename Field, typename Parse>
Rule single(Place<Section, Field> place, std::string allowed, Parse parse) {
    return {std::move(allowed), [place, parse](const YAML::Node& node, Config& config) -> Problems {
                const auto parsed = parse(node);
                if (parsed.index() == 1) return {{line_of(node), std::get<1>(parsed)}};
                place.in(config) = static_cast<Field>(std::get<0>(parsed));
                return {};
            }};
}

template <typename Section, typename Field>
Rule whole(Place<Section, Field> place, WholeRange range) {
    return single(place, allowed_whole(range),
                  [range](const YAML::Node& node) { return parse_whole(node, range); });
}

template <typename Section>
Rule truth(Place<Section, bool> place) {
    return single(place, "true or false", parse_truth);
}

template <typename Section>
Rule text(Place<Section, std::string> place, std::string allowed) {
    return single(place, std::move(allowed), [](const YAML::Node& node) {
        if (node.IsScalar() && node.Scalar().empty()) return Parsed<std::string>(std::in_place_index<0>);
        return parse_text(node);
    });
}

// The words of a setting that takes one of a few, and what each stands for.
template <typename Enum>
using Choices = std::vector<std::pair<std::string, Enum>>;

template <typename Enum>
std::string words_of(const Choices<Enum>& choices) {
    std::string words;
    for (const auto& one : choices) words += (words.empty() ? "" : ", ") + one.first;
    return words;
}

template <typename Enum>
Parsed<Enum> parse_choice(const YAML::Node& node, const Choices<Enum>& choices) {
    for (const auto& [name, value] : choices)
        if (node.IsScalar() && node.Scalar() == name) return value;
    return "is " + description(node);
}

template <typename Section, typename Enum>
Rule choice(Place<Section, Enum> place, Choices<Enum> choices) {
    return single(place, words_of(choices),
                  [choices](const YAML::Node& node) { return parse_choice(node, choices); });
}

// A rule for a list whose items `parse` reads. `check` then judges an item against the ones before it: what
// is wrong, or nothing.
template <typename Section, typename Item, typename Parse, typename Check>
Rule list(Place<Section, std::vector<Item>> place, std::string allowed, size_t least, size_t most,
          Parse parse, Check check) {
    const auto apply = [=](const YAML::Node& node, Config& config) -> Problems {
        if (!node.IsSequence()) return {{line_of(node), "must be a list, is " + description(node)}};
        if (node.size() < least || node.size() > most)
            return {{line_of(node), "has " + std::to_string(node.size()) + " items"}};
        Problems problems;
        std::vector<Item> items;
        for (const YAML::Node& child : node) {
            const auto parsed = parse(child);
            std::string wrong;
            if (parsed.index() == 1)
                wrong = std::get<1>(parsed);
            else
                wrong = check(static_cast<Item>(std::get<0>(parsed)), items);
            if (!wrong.empty())
                problems.push_back({line_of(child), "item: " + wrong});
            else
                items.push_back(static_cast<Item>(std::get<0>(parsed)));
        }
        if (problems.empty()) place.in(config) = items;
        return problems;
    };
    return {std::move(allowed), apply};
}

template <typename Item>
bool is_among(const Item& item, const std::vector<Item>& before) {
    return std::find(before.begin(), before.end(), item) != before.end();
}

std::string check_distinct(uint16_t port, const std::vector<uint16_t>& before) {
    return is_among(port, before) ? std::to_string(port) + " is there twice" : "";
}

// A list of any of the choices, each at most once.
template <typename Section, typename Enum>
Rule choice_list(Place<Section, std::vector<Enum>> place, Choices<Enum> choices) {
    return list(
        place, "a list of distinct ones of " + words_of(choices), 0, choices.size(),
        [choices](const YAML::Node& node) { return parse_choice(node, choices); },
        [choices](Enum value, const std::vector<Enum>& before) {
            const auto chosen = std::find_if(choices.begin(), choices.end(),
                                             [value](const auto& one) { return one.second == value; });
            return is_among(value, before) ? chosen->first + " is there twice" : std::string();
        });
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
