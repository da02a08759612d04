#include "exporter/metrics/export_shape.h"

#include <algorithm>
#include <utility>

namespace dnsexp {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr std::string_view other = "other";

// Domains that tell of nobody.
bool is_public(std::string_view domain) {
    return domain == other || domain == "." || domain == "in-addr.arpa" || domain == "ip6.arpa";
}

bool has_same_edges(const ClientMetric& a, const ClientMetric& b) {
    const auto& one = a.histogram.bucket;
    const auto& two = b.histogram.bucket;
    return std::equal(one.begin(), one.end(), two.begin(), two.end(),
                      [](const auto& x, const auto& y) { return x.upper_bound == y.upper_bound; });
}

// A sum without a value takes the edges of the first part.
void add(ClientMetric& sum, const ClientMetric& part) {
    sum.counter.value += part.counter.value;
    sum.gauge.value += part.gauge.value;
    if (sum.histogram.bucket.empty()) {
        sum.histogram = part.histogram;
        return;
    }
    if (!has_same_edges(sum, part)) return;
    sum.histogram.sample_count += part.histogram.sample_count;
    sum.histogram.sample_sum += part.histogram.sample_sum;
    for (size_t i = 0; i < part.histogram.bucket.size(); ++i)
        sum.histogram.bucket[i].cumulative_count += part.histogram.bucket[i].cumulative_count;
}

bool began_anew(const ClientMetric& now, const ClientMetric& last) {
    return now.counter.value < last.counter.value || now.histogram.sample_count < last.histogram.sample_count;
}

}  // namespace

std::string mask_domain(std::string_view domain) {
    if (is_public(domain)) return std::string(domain);
    size_t dot = 0;
    while (dot < domain.size() && domain[dot] != '.') dot += domain[dot] == '\\' ? 2 : 1;
    return dot < domain.size() ? "*" + std::string(domain.substr(dot)) : "*";
}

ExportShape::ExportShape(ShapeOptions options)
    : exported_(options.metrics.begin(), options.metrics.end()),
      domain_(std::move(options.domain)),
      client_(std::move(options.client)) {
    for (const DisabledLabels& one : options.disabled_labels)
        without_[one.metric].insert(one.labels.begin(), one.labels.end());
    for (const ServerName& server : options.server_names)
        for (const std::string& address : server.addresses)
            if (const auto prefix = parse_prefix(address)) {
                servers_.emplace(*prefix, server.name);
                prefix_lengths_.insert(prefix->length);
            }
}

std::vector<MetricFamily> ExportShape::apply(std::vector<MetricFamily> families) {
    if (!exported_.empty())
        std::erase_if(families, [this](const MetricFamily& one) { return !exported_.contains(one.name); });
    for (MetricFamily& family : families)
        if (memory_.contains(family.name) || is_shaped(family)) add_up(family);
    return families;
}

bool ExportShape::is_shaped(const MetricFamily& family) const {
    if (without_.contains(family.name)) return true;
    if (family.metric.empty()) return false;
    const auto& labels = family.metric.front().label;
    return std::any_of(labels.begin(), labels.end(), [this](const auto& label) {
        return (label.name == "server" && !servers_.empty()) || (label.name == "domain" && domain_) ||
               (label.name == "client" && client_);
    });
}

ExportShape::Labels ExportShape::labels_of_sum(const std::string& metric, const Labels& labels) const {
    const auto without = without_.find(metric);
    Labels kept;
    for (const auto& label : labels)
        if (without == without_.end() || !without->second.contains(label.name))
            kept.push_back({label.name, value_of(label)});
    return kept;
}

std::string ExportShape::value_of(const Metric::Label& label) const {
    if (label.name == "server") return server_name(label.value);
    if (label.name == "domain" && domain_ && !is_public(label.value)) return domain_(label.value);
    if (label.name == "client" && client_ && label.value != other) return client_(label.value);
    return label.value;
}

// The most specific prefix wins.
std::string ExportShape::server_name(const std::string& address) const {
    if (servers_.empty()) return address;
    const auto whole = parse_prefix(address);
    if (!whole) return address;
    for (const uint32_t length : prefix_lengths_)
        if (const auto found = servers_.find(cut_to(*whole, length)); found != servers_.end())
            return found->second;
    return address;
}

void ExportShape::add_up(MetricFamily& family) {
    Memory& memory = memory_[family.name];
    // Other edges begin the histograms anew.
    if (!memory.parts.empty() && !family.metric.empty() &&
        !has_same_edges(family.metric.front(), memory.parts.begin()->second.last))
        memory = {};
    for (auto& [labels, sum] : memory.sums) sum.shown = false;
    for (auto& [labels, part] : memory.parts) part.shown = false;
    for (Metric& metric : family.metric) {
        auto [at, is_new] = memory.parts.try_emplace(metric.label);
        Part& part = at->second;
        if (is_new) part.sum = labels_of_sum(family.name, metric.label);
        Sum& sum = memory.sums[part.sum];
        sum.shown = true;
        if (!is_new && family.type != MetricType::Gauge && began_anew(metric, part.last)) {
            add(sum.before, part.last);
            sum.has_before = true;
        }
        part.shown = true;
        part.last = std::move(metric);
    }
    keep_ended(memory);
    const bool is_gauge = family.type == MetricType::Gauge;
    for (auto& [labels, sum] : memory.sums) sum.total = Metric{};
    for (auto& [labels, part] : memory.parts) add(memory.sums[part.sum].total, part.last);
    family.metric.clear();
    for (auto& [labels, sum] : memory.sums) {
        if (sum.has_before && !is_gauge) add(sum.total, sum.before);
        sum.total.label = labels;
        family.metric.push_back(sum.total);
    }
}

// What ended parts had goes into their sum, and a sum without parts ends too.
void ExportShape::keep_ended(Memory& memory) {
    for (auto part = memory.parts.begin(); part != memory.parts.end();) {
        if (part->second.shown) {
            ++part;
            continue;
        }
        if (Sum& sum = memory.sums[part->second.sum]; sum.shown) {
            add(sum.before, part->second.last);
            sum.has_before = true;
        }
        part = memory.parts.erase(part);
    }
    std::erase_if(memory.sums, [](const auto& one) { return !one.second.shown; });
}

}  // namespace dnsexp
