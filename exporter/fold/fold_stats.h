// The stateless part of the fold: counters whose label sets are small and closed.
#pragma once

#include "exporter/fold/folded.h"
#include "exporter/fold/slot_names.h"
#include "exporter/source/source.h"

namespace dnsexp {

void fold_packets(const dns_stats& stats, Folded& folded);  // packets, parse errors
void fold_headers(const dns_stats& stats, Folded& folded);  // opcodes, flags, multicast messages
void fold_sizes(const dns_stats& stats, FoldedFamily& family);
void fold_messages(const RawSnapshot& snapshot, const SlotNames& names, FoldedFamily& family);
void fold_servers(const RawSnapshot& snapshot, const SlotNames& names, Folded& folded);
void fold_own(const RawSnapshot& snapshot, Folded& folded);  // active queries, hooks, maps, programs

}  // namespace dnsexp
