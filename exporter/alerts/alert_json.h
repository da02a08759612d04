// Alerts as JSON (RFC 8259): the same object in the API, in files and for webhooks. What is not known is
// null. Every line is ASCII, whatever an alert holds. Pure, thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/alerts/alert.h"

namespace dnsexp {

// "low", "medium", "high".
std::string_view alert_severity_name(uint32_t severity);

// One object in one line, without a newline.
std::string alert_json(const Alert& alert);

// The body of /api/v1/alerts: {"generated_unix_ns", "alerts": [...]} in the order of the rows.
std::string alerts_json(const std::vector<Alert>& rows, uint64_t unix_ns);

// The body of a webhook's request: {"host", "alerts": [...]}, the oldest first.
std::string webhook_json(const std::vector<Alert>& batch, const std::string& host);

}  // namespace dnsexp
