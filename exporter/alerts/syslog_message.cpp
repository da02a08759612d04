#include "exporter/alerts/syslog_message.h"

#include <algorithm>
#include <array>

#include "exporter/alerts/alert_json.h"
#include "exporter/alerts/alert_text.h"
#include "exporter/base/rfc3339.h"

namespace dnsexp {
namespace {

constexpr std::string_view kAppName = "ebpf_dns_exporter";
// The project has no enterprise number of its own; 32473 is the one for examples (RFC 5612), which nobody
// else's structured data has in earnest.
constexpr std::string_view kDataId = "dns@32473";
constexpr size_t kMaxValue = 256;   // octets before escapes
constexpr size_t kMaxData = 1'500;  // octets; a header has 350 at most, so there is room for a sentence

// By number (RFC 5424, 6.2.1, table 1), in the names of RFC 3164's implementations.
constexpr std::array<std::string_view, 24> kFacilities = {
    "kern",   "user",   "mail",     "daemon", "auth",   "syslog", "lpr",    "news",
    "uucp",   "cron",   "authpriv", "ftp",    "ntp",    "audit",  "alert",  "clock",
    "local0", "local1", "local2",   "local3", "local4", "local5", "local6", "local7"};

// RFC 5424, 6.2.1, table 2.
uint32_t priority(uint32_t severity) {
    constexpr uint32_t critical = 2;
    constexpr uint32_t warning = 4;
    constexpr uint32_t notice = 5;
    if (severity >= 3) return critical;
    return severity == 2 ? warning : notice;
}

// RFC 5424, 6.2.3: at most six digits of a second; RFC 3339's text here has nine.
std::string timestamp(uint64_t unix_ns) {
    std::string text = rfc3339(unix_ns);
    text.erase(text.size() - 4, 3);
    return text;
}

// Printable ASCII, whatever comes.
std::string printable(std::string_view text, size_t octets) {
    std::string out(text.substr(0, octets));
    std::replace_if(
        out.begin(), out.end(), [](char c) { return c < ' ' || c >= 0x7f; }, '?');
    return out;
}

// RFC 5424, 6.3.3. A field that finds no room is left out.
void put(std::string& data, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    std::string field = " " + std::string(name) + "=\"";
    for (const char c : printable(value, kMaxValue)) {
        if (c == '"' || c == '\\' || c == ']') field += '\\';
        field += c;
    }
    if (data.size() + field.size() < kMaxData) data += field + '"';
}

std::string structured_data(const Alert& alert) {
    std::string data = "[" + std::string(kDataId);
    put(data, "sequence", std::to_string(alert.sequence));
    put(data, "event_type", alert.event_type);
    put(data, "severity", alert_severity_name(alert.severity));
    put(data, "score", std::to_string(alert.score));
    put(data, "folded", std::to_string(alert.folded));
    put(data, "domain", alert.domain);
    put(data, "client", alert.client);
    put(data, "server", alert.server);
    put(data, "role", alert.role);
    if (alert.pid) put(data, "pid", std::to_string(*alert.pid));
    put(data, "process", alert.process);
    put(data, "namespace", alert.namespace_);
    put(data, "pod", alert.pod);
    put(data, "container", alert.container);
    put(data, "workload", alert.workload);
    return data + "]";
}

}  // namespace

std::optional<uint32_t> syslog_facility(std::string_view name) {
    const auto* const found = std::find(kFacilities.begin(), kFacilities.end(), name);
    if (found == kFacilities.end()) return std::nullopt;
    return static_cast<uint32_t>(found - kFacilities.begin());
}

std::string syslog_message(const Alert& alert, const SyslogIdentity& identity) {
    constexpr uint32_t severities_of_a_facility = 8;
    constexpr size_t max_message_id = 32;
    const uint32_t pri = identity.facility * severities_of_a_facility + priority(alert.severity);
    std::string text = "<" + std::to_string(pri) + ">1 " + timestamp(alert.time_unix_ns) + " " +
                       (identity.host.empty() ? "-" : identity.host) + " " + std::string(kAppName) + " " +
                       std::to_string(identity.pid) + " " + printable(alert.event_type, max_message_id) +
                       " " + structured_data(alert) + " " + alert_summary(alert);
    if (!alert.details.empty()) text += ": " + alert.details;
    return printable(text, max_syslog_message);
}

}  // namespace dnsexp
