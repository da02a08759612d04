// An event of the ring -> the query as judges see it.
#pragma once

#include <cstdint>
#include <string>

#include "exporter/fold/hash.h"
#include "exporter/fold/registrable_domain.h"
#include "exporter/security/judged_query.h"

namespace dnsexp {

// Owns the text that a JudgedQuery's views show: one for each thread. Fixed memory: that of
// RegistrableDomains.
class QueryReader {
  public:
    QueryReader();

    // False where the event has no complete question (RFC 1035, 4.1.2); `query` is then not changed. Its
    // views are of the event and of this reader, valid until the next call. Call it for events of
    // DNS_EVENT_WIRE: those of the other lanes tell of the same queries again.
    bool read(const dns_event& event, JudgedQuery& query);

  private:
    RegistrableDomains registrable_;
    uint64_t seed_ = random_seed();  // of the hashes of names and domains
    std::string name_;
};

}  // namespace dnsexp
