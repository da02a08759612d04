// What the kernel side's tables could not keep: each such count has a series, so that no loss is silent.
#pragma once

#include "exporter/fold/folded.h"
#include "exporter/source/source.h"

namespace dnsexp {

// `wire`: the sum of snapshot.stats.
void fold_losses(const RawSnapshot& snapshot, const dns_stats& wire, FoldedFamily& family);

}  // namespace dnsexp
