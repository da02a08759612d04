#include "exporter/alerts/alert_json.h"

#include <array>

#include "exporter/base/json_values.h"
#include "exporter/base/rfc3339.h"

namespace dnsexp {
namespace {

Json object(const Alert& alert) {
    Json json;
    json["sequence"] = alert.sequence;
    json["time"] = rfc3339(alert.time_unix_ns);
    json["event_type"] = alert.event_type;
    json["severity"] = alert_severity_name(alert.severity);
    json["score"] = alert.score;
    json["domain"] = text_or_null(alert.domain);
    json["client"] = text_or_null(alert.client);
    json["server"] = text_or_null(alert.server);
    json["role"] = text_or_null(alert.role);
    json["pid"] = or_null(alert.pid);
    json["process"] = text_or_null(alert.process);
    json["container"] = text_or_null(alert.container);
    json["pod"] = text_or_null(alert.pod);
    json["namespace"] = text_or_null(alert.namespace_);
    json["workload"] = text_or_null(alert.workload);
    json["details"] = text_or_null(alert.details);
    json["folded"] = alert.folded;
    return json;
}

Json list(const std::vector<Alert>& alerts) {
    Json json = Json::array();
    for (const Alert& alert : alerts) json.push_back(object(alert));
    return json;
}

}  // namespace

std::string_view alert_severity_name(uint32_t severity) {
    static constexpr std::array<std::string_view, 4> names = {"none", "low", "medium", "high"};
    return severity < names.size() ? names[severity] : names.back();
}

std::string alert_json(const Alert& alert) {
    return ascii_dump(object(alert));
}

std::string alerts_json(const std::vector<Alert>& rows, uint64_t unix_ns) {
    Json json;
    json["generated_unix_ns"] = unix_ns;
    json["alerts"] = list(rows);
    return ascii_dump(json) + "\n";
}

std::string webhook_json(const std::vector<Alert>& batch, const std::string& host) {
    Json json;
    json["host"] = text_or_null(host);
    json["alerts"] = list(batch);
    return ascii_dump(json);
}

}  // namespace dnsexp
