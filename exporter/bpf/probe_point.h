// Whether a function of the kernel can be probed.
#pragma once

#include "exporter/base/result.h"

namespace dnsexp {

// Opens a probe at the function's entry and lets it go at once; no program is attached to it. Needs
// CAP_PERFMON. ENOENT: the kernel has no kprobes, or no such function.
Status try_kprobe(const char* function);

// Whether the kernel has probes of user space's functions (CONFIG_UPROBE_EVENTS).
bool has_uprobes();

}  // namespace dnsexp
