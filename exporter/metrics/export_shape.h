// What the user wants exported: which metrics, with which labels, and by which names servers, domains and
// clients go. Series that become alike are added up.
#pragma once

#include <prometheus/metric_family.h>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/metrics/address_prefix.h"
#include "exporter/metrics/export_options.h"

namespace dnsexp {

// A label's value in another form; empty: as it is.
using Rewrite = std::function<std::string(std::string_view)>;

struct ShapeOptions {
    std::vector<std::string> metrics;  // that are exported; empty: all
    std::vector<DisabledLabels> disabled_labels;
    std::vector<ServerName> server_names;
    Rewrite domain;  // of the label `domain`; not asked about `other`, the root and the reverse trees
    Rewrite client;  // of the label `client`; not asked about `other`
};

// `*.` and what is above a registrable domain: its public suffix. A single label becomes `*`.
std::string mask_domain(std::string_view domain);

// Counters and histograms that are added up never go down while they are shown: what a part had when its
// series ended, or began anew, stays in the sum until the last of the parts has ended. Memory: one entry for
// each series that was put in. Not thread-safe.
class ExportShape {
  public:
    // Takes options that the configuration has checked; what it would have refused changes nothing.
    explicit ExportShape(ShapeOptions options);

    // Takes the expositions in their order. Families of which nothing is asked pass as they are.
    std::vector<prometheus::MetricFamily> apply(std::vector<prometheus::MetricFamily> families);

  private:
    using Metric = prometheus::ClientMetric;
    using Labels = std::vector<Metric::Label>;
    struct Sum {
        Metric total;   // of the parts that are shown now, and of those before
        Metric before;  // what ended parts had
        bool has_before = false;
        bool shown = false;
    };
    struct Part {
        Metric last;
        Labels sum;
        bool shown = false;
    };
    struct Memory {
        std::map<Labels, Part> parts;
        std::map<Labels, Sum> sums;
    };

    [[nodiscard]] bool is_shaped(const prometheus::MetricFamily& family) const;
    [[nodiscard]] Labels labels_of_sum(const std::string& metric, const Labels& labels) const;
    [[nodiscard]] std::string value_of(const Metric::Label& label) const;
    [[nodiscard]] std::string server_name(const std::string& address) const;
    void add_up(prometheus::MetricFamily& family);
    static void keep_ended(Memory& memory);

    std::set<std::string> exported_;
    std::map<std::string, std::set<std::string>> without_;
    std::map<AddressPrefix, std::string> servers_;
    std::set<uint32_t, std::greater<>> prefix_lengths_;
    Rewrite domain_, client_;
    std::map<std::string, Memory> memory_;  // by metric
};

}  // namespace dnsexp
