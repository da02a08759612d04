#include "exporter/security/finding.h"

#include <array>

namespace dnsexp {

std::string_view event_type_name(EventType type) {
    static constexpr std::array<std::string_view, event_types> names = {
        "LONG_LABEL", "DEEP_SUBDOMAIN", "HIGH_ENTROPY", "RAPID_QUERIES", "UNIQUE_SUBDOMAINS", "TXT_QUERY",
        "NULL_QUERY", "SUSPICIOUS_TLD", "DGA",          "BLOCKLISTED",   "TUNNELING"};
    return names.at(static_cast<size_t>(type));
}

std::string_view severity_name(Severity severity) {
    static constexpr std::array<std::string_view, severities + 1> names = {"none", "low", "medium", "high"};
    return names.at(static_cast<size_t>(severity));
}

}  // namespace dnsexp
