// What the process gives up once it watches: capabilities, and system calls that it has no use for.
#pragma once

#include "exporter/base/result.h"
#include "exporter/config/flags.h"
#include "exporter/os/capabilities.h"

namespace dnsexp {

// Call it when everything is attached, listening and open, by the flags --capabilities.drop and
// --seccomp.filter. The log tells what is kept, and what works no more. An Error: the process may have more
// than it should.
Status confine(const Flags& flags, const CapabilityNeeds& needs);

// ---- the pure part ----

// Of what is done now, what goes on by the flag.
CapabilityNeeds remaining_needs(CapabilityDrop drop, const CapabilityNeeds& now);

}  // namespace dnsexp
