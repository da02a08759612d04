// The exporter's life: load, listen, attach, give up privileges, run until told to stop.
#pragma once

#include "exporter/base/result.h"
#include "exporter/config/config.h"
#include "exporter/config/flags.h"

namespace dnsexp {

// Returns when SIGINT or SIGTERM came, or with what kept it from starting.
Status serve(const Config& config, const Flags& flags);

}  // namespace dnsexp
