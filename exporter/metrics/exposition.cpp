#include "exporter/metrics/exposition.h"

#include <prometheus/text_serializer.h>

#include <limits>
#include <sstream>
#include <utility>

#include "exporter/fold/names.h"
#include "exporter/metrics/catalogue.h"

namespace dnsexp {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr std::pair<Metric, double SelfMetrics::*> own_values[] = {
    {Metric::scrape_duration, &SelfMetrics::scrape_duration_seconds},
    {Metric::process_cpu, &SelfMetrics::process_cpu_seconds},
    {Metric::process_open_fds, &SelfMetrics::process_open_fds},
    {Metric::process_max_fds, &SelfMetrics::process_max_fds},
    {Metric::process_virtual_memory, &SelfMetrics::process_virtual_memory_bytes},
    {Metric::process_virtual_memory_max, &SelfMetrics::process_virtual_memory_max_bytes},
    {Metric::process_resident_memory, &SelfMetrics::process_resident_memory_bytes},
    {Metric::process_start_time, &SelfMetrics::process_start_time_seconds},
    {Metric::reader_last_run, &SelfMetrics::reader_last_run_unix},
};

ClientMetric with_labels(const MetricInfo& info, const std::vector<std::string>& values) {
    ClientMetric metric;
    const auto names = labels_of(info);
    metric.label.reserve(values.size());
    for (size_t i = 0; i < names.size() && i < values.size(); ++i)
        metric.label.push_back({std::string(names[i]), values[i]});
    return metric;
}

ClientMetric number(const MetricInfo& info, const std::vector<std::string>& labels, double value) {
    ClientMetric metric = with_labels(info, labels);
    (info.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    return metric;
}

ClientMetric histogram(const MetricInfo& info, const HistogramSeries& series,
                       const std::vector<double>& edges) {
    ClientMetric metric = with_labels(info, series.labels);
    metric.histogram.sample_sum = series.sum;
    metric.histogram.sample_count = series.cumulative.back();
    for (size_t i = 0; i < series.cumulative.size(); ++i) {
        const double edge = i < edges.size() ? edges[i] : std::numeric_limits<double>::infinity();
        metric.histogram.bucket.push_back({series.cumulative[i], edge});
    }
    return metric;
}

MetricFamily family_of(const MetricInfo& info, const FoldedFamily& folded) {
    MetricFamily family{std::string(info.name), std::string(info.help), info.type, {}};
    family.metric.reserve(folded.series.size() + folded.histograms.size());
    for (const Series& series : folded.series)
        family.metric.push_back(number(info, series.labels, static_cast<double>(series.value)));
    for (const RealSeries& series : folded.reals)
        family.metric.push_back(number(info, series.labels, series.value));
    for (const HistogramSeries& series : folded.histograms)
        family.metric.push_back(histogram(info, series, folded.edges));
    return family;
}

// Those that are no single number of SelfMetrics.
std::vector<RealSeries> own_series(Metric metric, const SelfMetrics& self) {
    const auto real = [](uint64_t whole) { return static_cast<double>(whole); };
    switch (metric) {
        case Metric::build_info:
            return {
                {{printable_text(self.version), printable_text(self.revision), printable_text(self.compiler)},
                 1}};
        case Metric::config_last_reload_successful:
            return {{{}, self.reload.last_ok ? 1.0 : 0.0}};
        case Metric::config_last_reload_success:
            return {{{}, self.reload.last_success_unix}};
        case Metric::config_reloads:
            return {{{"failure"}, real(self.reload.failed)}, {{"success"}, real(self.reload.ok)}};
        case Metric::stream_listeners:
            return {{{}, real(self.stream.listeners)}};
        case Metric::stream_events_lost:
            return {{{}, real(self.stream.events_lost)}};
        case Metric::query_log_lines:
            if (!self.query_log) return {};
            return {{{"dropped"}, real(self.query_log->dropped)},
                    {{"failed"}, real(self.query_log->failed)},
                    {{"sampled"}, real(self.query_log->sampled)},
                    {{"written"}, real(self.query_log->written)}};
        default:
            return {};
    }
}

void add_own(const MetricInfo& info, const SelfMetrics& self, MetricFamily& family) {
    for (const RealSeries& series : own_series(info.metric, self))
        family.metric.push_back(number(info, series.labels, series.value));
    for (const auto& [metric, value] : own_values)
        if (metric == info.metric) family.metric.push_back(number(info, {}, self.*value));
}

}  // namespace

std::vector<MetricFamily> metric_families(const Folded& folded, const SelfMetrics& self) {
    std::vector<MetricFamily> families;
    families.reserve(metric_count);
    for (const MetricInfo& info : catalogue()) {
        families.push_back(family_of(info, folded[info.metric]));
        add_own(info, self, families.back());
    }
    return families;
}

std::string families_text(const std::vector<MetricFamily>& families) {
    std::ostringstream text;
    prometheus::TextSerializer().Serialize(text, families);
    return std::move(text).str();
}

std::string exposition(const Folded& folded, const SelfMetrics& self) {
    return families_text(metric_families(folded, self));
}

}  // namespace dnsexp
