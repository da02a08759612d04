// From what was found out about a host to what it means for the exporter. Pure.
#pragma once

#include "exporter/app/check_facts.h"
#include "exporter/app/check_report.h"
#include "exporter/config/config.h"

namespace dnsexp {

CheckReport judge_host(const CheckFacts& facts, const Config& config);

// ---- its parts ----

// Kernel, capabilities and limits.
CheckRows host_rows(const CheckFacts& facts);
// The programs, and where they are attached but for interfaces.
CheckRows program_rows(const CheckFacts& facts, const Config& config);
// Interfaces, what is attached to them, and where the exporter would listen.
CheckRows link_rows(const CheckFacts& facts, const Config& config);

// Whether the kernel takes programs of interfaces from this process.
bool can_load(const CheckFacts& facts);
// Whether a link can be watched, and how; the row's name is "interface NAME".
CheckRow watch_row(const WatchedLink& watched, const BpfFacts& bpf, const CaptureConfig& config);

inline bool works(const Tried& tried) {
    return tried.has_value() && static_cast<bool>(*tried);
}
inline bool fails(const Tried& tried) {
    return tried.has_value() && !*tried;
}

bool has_capability(const HostFacts& host, int number);

}  // namespace dnsexp
