// A finding that begins with what its query tells.
#pragma once

#include "exporter/security/finding.h"
#include "exporter/security/finding_budget.h"
#include "exporter/security/judged_query.h"

namespace dnsexp {

// Score and details are the judge's to add. A subject other than the query's client is nobody in particular:
// the process that asked is not named either.
inline Finding finding_about(const Subject& subject, const JudgedQuery& query, EventType type,
                             Severity severity) {
    Finding finding;
    finding.type = type;
    finding.severity = severity;
    finding.time_ns = query.time_ns;
    finding.domain = subject.domain;
    finding.client = subject.client;
    finding.server = query.server;
    finding.role = query.role;
    if (subject.client == query.client) finding.asker = query.asker;
    return finding;
}

}  // namespace dnsexp
