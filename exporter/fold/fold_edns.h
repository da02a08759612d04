// What the OPT records of messages said (RFC 6891, RFC 8914). Stateless.
#pragma once

#include "exporter/fold/folded.h"
#include "exporter/source/source.h"

namespace dnsexp {

void fold_edns(const dns_stats& stats, Folded& folded);  // payload sizes, walks, extended errors

}  // namespace dnsexp
