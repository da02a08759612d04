#include "exporter/alerts/alertmanager_json.h"

#include <algorithm>

#include "exporter/alerts/alert_json.h"
#include "exporter/alerts/alert_text.h"
#include "exporter/base/json_values.h"
#include "exporter/base/rfc3339.h"

namespace dnsexp {
namespace {

constexpr std::string_view kPath = "/api/v2/alerts";
constexpr uint64_t kNsPerSecond = 1'000'000'000;
constexpr size_t kMaxLabel = 256;  // octets: every name that hosts have (RFC 1035, 2.3.4) fits

// Alertmanager has no use for labels that are empty.
void put(Json& json, const char* name, std::string_view text) {
    if (!text.empty()) json[name] = text.substr(0, kMaxLabel);
}

Json labels(const Alert& alert, const std::string& host) {
    Json json;
    put(json, "alertname", alertmanager_name(alert.event_type));
    put(json, "event_type", alert.event_type);
    put(json, "severity", alert_severity_name(alert.severity));
    put(json, "instance", host);
    put(json, "client", alert.client);
    put(json, "domain", alert.domain);
    put(json, "namespace", alert.namespace_);
    put(json, "pod", alert.pod);
    return json;
}

Json annotations(const Alert& alert) {
    Json json;
    json["summary"] = alert_summary(alert);
    if (!alert.details.empty()) json["description"] = alert.details;
    json["score"] = std::to_string(alert.score);
    json["folded"] = std::to_string(alert.folded);
    put(json, "server", alert.server);
    put(json, "role", alert.role);
    if (alert.pid) json["pid"] = std::to_string(*alert.pid);
    put(json, "process", alert.process);
    put(json, "container", alert.container);
    put(json, "workload", alert.workload);
    return json;
}

}  // namespace

std::string alertmanager_name(std::string_view event_type) {
    std::string name = "DNS";
    bool is_first = true;
    for (const char c : event_type) {
        const bool is_upper = c >= 'A' && c <= 'Z';
        if (c != '_') name += is_upper && !is_first ? static_cast<char>(c - 'A' + 'a') : c;
        is_first = c == '_';
    }
    return name;
}

std::string alertmanager_url(const std::string& url) {
    const size_t end = std::min(url.find_first_of("?#"), url.size());
    std::string path = url.substr(0, end);
    while (path.ends_with('/')) path.pop_back();
    if (!path.ends_with(kPath)) path += kPath;
    return path + url.substr(end);
}

std::string alertmanager_json(const std::vector<Alert>& batch, const std::string& host,
                              uint32_t window_seconds, uint64_t now_unix_ns) {
    const uint64_t window_ns = window_seconds * kNsPerSecond;
    Json json = Json::array();
    for (const Alert& alert : batch) {
        Json one;
        one["labels"] = labels(alert, host);
        one["annotations"] = annotations(alert);
        one["startsAt"] = rfc3339(alert.time_unix_ns);
        one["endsAt"] = rfc3339(std::max(alert.time_unix_ns + 2 * window_ns, now_unix_ns + window_ns));
        json.push_back(std::move(one));
    }
    return ascii_dump(json);
}

}  // namespace dnsexp
