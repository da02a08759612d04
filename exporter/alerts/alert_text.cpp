#include "exporter/alerts/alert_text.h"

#include "exporter/alerts/alert_json.h"

namespace dnsexp {

std::string alert_summary(const Alert& alert) {
    std::string text = alert.event_type + " (" + std::string(alert_severity_name(alert.severity)) +
                       ", score " + std::to_string(alert.score) + ")";
    if (!alert.domain.empty()) text += " of " + alert.domain;
    if (!alert.client.empty()) text += " by " + alert.client;
    return text;
}

}  // namespace dnsexp
