// A finding that begins with what its query tells.
#pragma once

#include "exporter/security/finding.h"
#include "exporter/security/judged_query.h"

namespace dnsexp {

// Score and details are the judge's to add.
inline Finding finding_about(const JudgedQuery& query, EventType type, Severity severity) {
    Finding finding;
    finding.type = type;
    finding.severity = severity;
    finding.time_ns = query.time_ns;
    finding.domain = query.domain;
    finding.client = query.client;
    finding.server = query.server;
    finding.role = query.role;
    finding.asker = query.asker;
    return finding;
}

}  // namespace dnsexp
