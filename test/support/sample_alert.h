// Alerts for tests.
#pragma once

#include <string>

#include "exporter/alerts/alert.h"

namespace dnsexp {

// All fields are known.
inline Alert sample_alert(uint64_t sequence = 1) {
    Alert alert;
    alert.sequence = sequence;
    alert.time_unix_ns = 1'709'251'199'123'456'789;  // 2024-02-29T23:59:59.123456789Z
    alert.event_type = "TUNNELING";
    alert.severity = 3;
    alert.score = 92;
    alert.domain = "example.com";
    alert.client = "10.0.0.7";
    alert.server = "192.0.2.53";
    alert.role = "client";
    alert.pid = 4711;
    alert.process = "iodine";
    alert.container = "web";
    alert.pod = "web-5d9c";
    alert.namespace_ = "shop";
    alert.workload = "web";
    alert.details = "143 names in 20 s, 98 % NULL";
    alert.folded = 12;
    return alert;
}

// Only what every alert has.
inline Alert bare_alert(uint64_t sequence = 1) {
    Alert alert;
    alert.sequence = sequence;
    alert.event_type = "RAPID_QUERIES";
    return alert;
}

}  // namespace dnsexp
