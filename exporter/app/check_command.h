// `check`: what this host offers, what the exporter could do with it, and what to do about the rest.
#pragma once

#include "exporter/base/result.h"
#include "exporter/config/config.h"
#include "exporter/config/flags.h"

namespace dnsexp {

// Writes the report to stdout. An Error: the main job, to count, can't run here. Needs no privilege, but then
// does not find out all.
Status run_check(const Config& config, const Flags& flags);

}  // namespace dnsexp
