// The programs' table of clients seen from user space: who has asked more often than the limit.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ebpf/dns_abi.h"
#include "exporter/source/source.h"

namespace dnsexp {

// Not thread-safe.
class ClientTable {
  public:
    // `sets` are the programs'; they may write them meanwhile.
    explicit ClientTable(std::span<const dns_client_set> sets) : sets_(sets) {}

    // See Source::busy_clients(). `limit_qps`: as in dns_settings, 0 for none.
    std::vector<BusyClient> busy(uint64_t now_ns, uint32_t limit_qps);

  private:
    std::span<const dns_client_set> sets_;
    uint64_t told_before_ = 0;  // the seconds before this one were told of
};

}  // namespace dnsexp
