// What judges, lists and destinations count, as metrics.
#pragma once

#include <vector>

#include "exporter/alerts/sink_worker.h"
#include "exporter/blocklist/blocklists.h"
#include "exporter/fold/folded.h"
#include "exporter/security/finding_folder.h"

namespace dnsexp {

// Every event type with every severity has its series, at 0 too. Pure, thread-safe.
void fill_security(const FindingCounts& findings, const std::vector<BlocklistStatus>& lists,
                   const std::vector<SinkStatus>& sinks, Folded& folded);

}  // namespace dnsexp
