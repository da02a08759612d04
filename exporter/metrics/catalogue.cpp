#include "exporter/metrics/catalogue.h"

#include <algorithm>

#include "exporter/metrics/catalogue_tables.h"

namespace dnsexp {
namespace {

std::vector<MetricInfo> all_sorted() {
    std::vector<MetricInfo> all;
    for (const auto part : {message_metrics(), asker_metrics(), own_metrics()})
        all.insert(all.end(), part.begin(), part.end());
    std::sort(all.begin(), all.end(),
              [](const MetricInfo& a, const MetricInfo& b) { return a.name < b.name; });
    return all;
}

}  // namespace

std::span<const MetricInfo> catalogue() {
    static const std::vector<MetricInfo> all = all_sorted();
    return all;
}

std::span<const std::string_view> labels_of(const MetricInfo& info) {
    const auto end = std::find(info.label_names.begin(), info.label_names.end(), std::string_view());
    return {info.label_names.begin(), end};
}

}  // namespace dnsexp
