// The pending table seen from user space: the sweep that finds timeouts, and how many queries wait.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "exporter/base/result.h"
#include "exporter/bpf/loader.h"
#include "exporter/source/source.h"

namespace dnsexp {

using ActiveByRole = std::array<uint64_t, DNS_ROLES>;

class PendingTable {
  public:
    virtual ~PendingTable() = default;
    // Claims every query older than the timeout. The cmpxchg table hands each one's event to the sink; the
    // lock table sends them through the ring, marked `swept`. Either way each comes once, and counting it is
    // the caller's.
    // The value: whether queries are left because the ring was full; empty it and sweep again.
    virtual Result<bool> sweep(const EventSink& sink) = 0;
    virtual Result<ActiveByRole> active() = 0;

    // For the variant that was loaded. `programs` must outlive it.
    static Result<std::unique_ptr<PendingTable>> make(const LoadedPrograms& programs);
};

}  // namespace dnsexp
