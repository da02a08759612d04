#include "exporter/app/security_metrics.h"

#include <string>

namespace dnsexp {
namespace {

void fill_findings(const FindingCounts::Table& counts, FoldedFamily& family) {
    for (size_t type = 0; type < event_types; ++type)
        for (size_t severity = 0; severity < severities; ++severity)
            family.series.push_back({{std::string(event_type_name(static_cast<EventType>(type))),
                                      std::string(severity_name(static_cast<Severity>(severity + 1)))},
                                     counts[type][severity]});
}

void fill_lists(const std::vector<BlocklistStatus>& lists, Folded& folded) {
    for (const BlocklistStatus& list : lists) {
        folded[Metric::blocklist_matches].series.push_back({{list.name}, list.matches});
        folded[Metric::blocklist_entries].series.push_back({{list.name}, list.entries});
        folded[Metric::blocklist_last_success].series.push_back({{list.name}, list.last_success});
        folded[Metric::blocklist_update_failures].series.push_back({{list.name}, list.update_failures});
    }
}

void fill_sinks(const std::vector<SinkStatus>& sinks, Folded& folded) {
    auto& deliveries = folded[Metric::alert_deliveries].series;
    for (const SinkStatus& sink : sinks) {
        deliveries.push_back({{sink.name, "delivered"}, sink.delivered});
        deliveries.push_back({{sink.name, "dropped"}, sink.dropped});
        deliveries.push_back({{sink.name, "failed"}, sink.failed});
        deliveries.push_back({{sink.name, "rejected"}, sink.rejected});
        folded[Metric::alert_queue_length].series.push_back({{sink.name}, sink.queued});
    }
}

}  // namespace

void fill_security(const FindingCounts& findings, const std::vector<BlocklistStatus>& lists,
                   const std::vector<SinkStatus>& sinks, Folded& folded) {
    fill_findings(findings.raised, folded[Metric::security_alerts]);
    fill_findings(findings.folded, folded[Metric::security_findings_folded]);
    fill_lists(lists, folded);
    fill_sinks(sinks, folded);
}

}  // namespace dnsexp
