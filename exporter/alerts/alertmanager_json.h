// Alerts as Alertmanager's API v2 takes them. Pure, thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/alerts/alert.h"

namespace dnsexp {

// "DNS" and the event type in camel case: TXT_QUERY is DNSTxtQuery.
std::string alertmanager_name(std::string_view event_type);

// The URL of the API: "/api/v2/alerts" is added to the path where it does not end so.
std::string alertmanager_url(const std::string& url);

// The body of POST /api/v2/alerts. Labels: alertname, event_type, severity, instance (the host), and where
// they are known client, domain, namespace, pod; values are cut after 256 octets. The rest is in annotations.
// An alert ends two windows after it starts, so it lasts while what it tells of goes on, which is told once a
// window; one that comes late still lasts a window from `now_unix_ns` on.
std::string alertmanager_json(const std::vector<Alert>& batch, const std::string& host,
                              uint32_t window_seconds, uint64_t now_unix_ns);

}  // namespace dnsexp
