#include "exporter/config/config_export.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "exporter/config/config_rules.h"
#include "exporter/metrics/address_prefix.h"
#include "exporter/metrics/catalogue.h"

namespace dnsexp {
namespace {

constexpr uint64_t kCpusMax = 8192;      // NR_CPUS of the largest kernels that distributions ship
constexpr size_t kServerNamesMax = 256;  // as many as servers can have series
constexpr size_t kServerNameMax = 64;    // octets; it is a label's value
constexpr size_t kPrefixesMax = 256;     // of one name
constexpr double kFirstEdgeSeconds = 0.0001, kLastEdgeSeconds = 5;  // as the default edges

Parsed<std::string> refused(std::string why) {
    return Parsed<std::string>(std::in_place_index<1>, std::move(why));
}

std::string unknown(const std::string& kind, const std::string& name, const std::vector<std::string>& known) {
    const std::string meant = nearest(name, known);
    return "is " + shown(name) + ", which is no " + kind +
           (meant.empty() ? "" : ", did you mean " + meant + "?");
}

const MetricInfo* metric_of(const std::string& name) {
    const auto all = catalogue();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const MetricInfo& one) { return one.name == name; });
    return found == all.end() ? nullptr : &*found;
}

Parsed<std::string> parse_metric(const YAML::Node& node) {
    auto parsed = parse_text(node);
    if (parsed.index() == 1 || metric_of(std::get<0>(parsed))) return parsed;
    std::vector<std::string> known;
    for (const MetricInfo& one : catalogue()) known.emplace_back(one.name);
    return refused(unknown("metric", std::get<0>(parsed), known));
}

template <typename Item>
std::string check_distinct(const Item& item, const std::vector<Item>& before) {
    return is_among(item, before) ? "is there twice" : "";
}

// A member that is a list of texts.
using Texts = std::vector<std::string>;
Parsed<Texts> parse_texts(const YAML::Node& node, size_t most) {
    if (!node.IsSequence() || node.size() == 0 || node.size() > most)
        return Parsed<Texts>(std::in_place_index<1>,
                             "must be a list of 1.." + std::to_string(most) + " texts");
    Texts texts;
    for (const YAML::Node& child : node) {
        const auto parsed = parse_text(child);
        if (parsed.index() == 1) return Parsed<Texts>(std::in_place_index<1>, std::get<1>(parsed));
        if (is_among(std::get<0>(parsed), texts))
            return Parsed<Texts>(std::in_place_index<1>, shown(std::get<0>(parsed)) + " is there twice");
        texts.push_back(std::get<0>(parsed));
    }
    return Parsed<Texts>(std::in_place_index<0>, std::move(texts));
}

Parsed<Texts> parse_prefixes(const YAML::Node& node) {
    auto parsed = parse_texts(node, kPrefixesMax);
    if (parsed.index() == 1) return parsed;
    for (const std::string& text : std::get<0>(parsed))
        if (!parse_prefix(text))
            return Parsed<Texts>(std::in_place_index<1>, shown(text) + " is no address and no CIDR");
    return parsed;
}

Parsed<std::string> parse_server_name(const YAML::Node& node) {
    auto parsed = parse_text(node);
    if (parsed.index() == 1) return parsed;
    const std::string& name = std::get<0>(parsed);
    const bool printable = std::all_of(name.begin(), name.end(), [](char c) { return c >= ' ' && c < 0x7f; });
    return printable && name.size() <= kServerNameMax && name != "other" ? parsed
                                                                         : refused("is " + shown(name));
}

std::string check_labels(const DisabledLabels& item, const std::vector<DisabledLabels>& before) {
    if (std::any_of(before.begin(), before.end(), [&](const auto& one) { return one.metric == item.metric; }))
        return item.metric + " is there twice";
    const auto labels = labels_of(*metric_of(item.metric));
    const Texts known(labels.begin(), labels.end());
    for (const std::string& label : item.labels)
        if (!is_among(label, known)) return "label " + unknown("label of " + item.metric, label, known);
    return "";
}

// The first text of `item` whose prefix a former one has too, or "".
std::string claimed_twice(const ServerName& item, const Texts& former) {
    for (const std::string& text : item.addresses)
        for (const std::string& one : former)
            if (&one != &text && parse_prefix(one) == parse_prefix(text)) return text;
    return "";
}

std::string check_server(const ServerName& item, const std::vector<ServerName>& before) {
    std::string twice = claimed_twice(item, item.addresses);
    for (const ServerName& one : before)
        if (twice.empty()) twice = claimed_twice(item, one.addresses);
    return twice.empty() ? "" : shown(twice) + " is claimed twice";
}

ConfigKey key_of(const char* section, const char* name, Rule rule) {
    return {section, name, std::move(rule)};
}

}  // namespace

std::vector<ConfigKey> reader_keys() {
    using Performance = PerformanceConfig;
    constexpr auto performance = &Config::performance;
    const auto cpu = [](const YAML::Node& node) { return parse_whole(node, {0, kCpusMax - 1}); };
    return {key_of("performance", "event_batch_size",
                   whole(Place{performance, &Performance::event_batch_size}, {64, 1048576})),
            key_of("performance", "cpu_affinity",
                   at_restart(list(Place{performance, &Performance::cpu_affinity},
                                   "a list of distinct CPUs, each 0..8191", 0, kCpusMax, cpu,
                                   check_distinct<uint32_t>))),
            key_of("performance", "stats_buckets",
                   whole(Place{performance, &Performance::stats_buckets}, {0, kLatencyEdgesMax}))};
}

std::vector<ConfigKey> label_keys() {
    using Metrics = MetricsConfig;
    constexpr auto metrics = &Config::metrics;
    const Choices<Redaction> redactions = {
        {"plain", Redaction::plain}, {"hash", Redaction::hash}, {"mask", Redaction::mask}};
    const auto labels = [](const YAML::Node& node) {
        return parse_texts(node, std::tuple_size_v<decltype(MetricInfo::label_names)>);
    };
    return {
        key_of("metrics", "disabled_labels",
               mapping_list(Place{metrics, &Metrics::disabled_labels},
                            "a list of mappings of metric and labels, one a metric", catalogue().size(),
                            {member("metric", "the name of a metric", &DisabledLabels::metric, parse_metric),
                             member("labels", "a list of labels that the metric has", &DisabledLabels::labels,
                                    labels)},
                            {"metric", "labels"}, check_labels)),
        key_of("metrics", "server_names",
               mapping_list(Place{metrics, &Metrics::server_names},
                            "a list of up to 256 mappings of name and addresses", kServerNamesMax,
                            {member("name", "1..64 printable ASCII characters, not other", &ServerName::name,
                                    parse_server_name),
                             member("addresses", "a list of 1..256 addresses or CIDRs",
                                    &ServerName::addresses, parse_prefixes)},
                            {"name", "addresses"}, check_server)),
        key_of("metrics", "domain_names", choice(Place{metrics, &Metrics::domain_names}, redactions)),
        key_of("metrics", "client_addresses",
               choice(Place{metrics, &Metrics::client_addresses}, redactions))};
}

std::vector<ConfigKey> monitoring_export_keys() {
    using Monitoring = MonitoringConfig;
    constexpr auto monitoring = &Config::monitoring;
    return {key_of("monitoring", "metrics",
                   list(Place{monitoring, &Monitoring::metrics}, "a list of distinct names of metrics", 0,
                        catalogue().size(), parse_metric, check_distinct<std::string>)),
            key_of("monitoring", "program_stats",
                   at_restart(truth(Place{monitoring, &Monitoring::program_stats})))};
}

std::string apply_stats_buckets(Config& config) {
    const uint32_t count = config.performance.stats_buckets;
    auto& edges = config.metrics.latency_buckets_seconds;
    if (count == 0) return "";
    if (edges != MetricsConfig{}.latency_buckets_seconds)
        return "is for files without metrics.latency_buckets_seconds; allowed: one of the two";
    edges.clear();
    for (uint32_t i = 0; i < count; ++i) {
        const double share = count == 1 ? 1.0 : static_cast<double>(i) / (count - 1);
        char text[32];
        std::snprintf(text, sizeof text, "%.3g",
                      kFirstEdgeSeconds * std::pow(kLastEdgeSeconds / kFirstEdgeSeconds, share));
        edges.push_back(std::strtod(text, nullptr));
    }
    return "";
}

}  // namespace dnsexp
