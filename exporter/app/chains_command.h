// The command `chains`: resolution chains as they come.
#pragma once

#include "exporter/base/result.h"
#include "exporter/config/config.h"
#include "exporter/config/flags.h"

namespace dnsexp {

// Prints each chain that ends from now on, and at the end what they came to; with --json one object a line,
// and that is all. Returns what ended it, if that was none of SIGINT, SIGTERM, --duration and a pipe that
// nobody reads any more.
Status run_chains(const Config& config, const Flags& flags);

}  // namespace dnsexp
