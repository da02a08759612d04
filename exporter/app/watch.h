// The command `watch`: what happens, live, on a terminal or as lines of text.
#pragma once

#include "exporter/base/result.h"
#include "exporter/config/config.h"
#include "exporter/config/flags.h"

namespace dnsexp {

// Returns when SIGINT, SIGTERM or SIGHUP came, `q` was pressed or --duration is over; an Error where nothing
// can be shown, or no exporter answers any more. The terminal is as it was in each case.
Status run_watch(const Config& config, const Flags& flags);

}  // namespace dnsexp
