#include "exporter/fold/fold_edns.h"

#include <numeric>

#include "ebpf/dns_classify.h"
#include "exporter/fold/names.h"
#include "exporter/fold/tally.h"

namespace dnsexp {
namespace {

// The last one that IANA's registry "Extended DNS Error Codes" of 2026 has: Invalid Query Type.
constexpr uint32_t last_assigned_info_code = 30;

HistogramSeries payload_sizes(const dns_stats& stats) {
    HistogramSeries series;
    series.sum = static_cast<double>(stats.edns_size_sum);
    series.cumulative.resize(DNS_EDNS_BUCKETS);
    std::partial_sum(std::begin(stats.edns_sizes), std::end(stats.edns_sizes), series.cumulative.begin());
    return series;
}

std::string info_code_label(uint32_t slot) {
    return slot == DNS_INFO_CODE_OTHER ? std::string(other_label) : std::to_string(slot);
}

// The assigned codes and `other` are shown from the start, the rest when they are seen; in the order of the
// codes.
std::vector<Series> info_codes(const dns_stats& stats) {
    std::vector<Series> all;
    for (uint32_t slot = 0; slot < DNS_INFO_CODES; ++slot) {
        const uint64_t count = stats.info_codes[slot];
        if (count != 0 || slot <= last_assigned_info_code || slot == DNS_INFO_CODE_OTHER)
            all.push_back({{info_code_label(slot)}, count});
    }
    return all;
}

}  // namespace

void fold_edns(const dns_stats& stats, Folded& folded) {
    folded[Metric::edns_payload_size].edges = DNS_EDNS_EDGE_LIST;
    folded[Metric::edns_payload_size].histograms = {payload_sizes(stats)};
    folded[Metric::extended_errors].series = info_codes(stats);
    for (uint32_t result = 0; result < DNS_EDNS_RESULTS; ++result)
        folded[Metric::edns_walks].series.push_back(
            {{std::string(edns_result_name(result))}, stats.edns_walks[result]});
}

}  // namespace dnsexp
