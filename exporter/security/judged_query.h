// One finished transaction as judges see it: read once from the event, for all of them. Views are valid
// during the call only.
#pragma once

#include <cstdint>
#include <string_view>

#include "exporter/fold/wire_name.h"
#include "exporter/security/finding.h"

namespace dnsexp {

struct JudgedQuery {
    uint64_t time_ns = 0;   // CLOCK_MONOTONIC of the query
    std::string_view name;  // presentation format (fold/names.h), lower case; "." is the root
    std::string_view
        domain;         // registrable domain: the tail of `name`; a public suffix or a single label itself
    WireLabels labels;  // of the name, as it came: case is kept
    size_t below = 0;   // labels of the name below the registrable domain: labels.count minus the domain's
    bool has_known_suffix = false;  // as in RegistrableDomains::Share
    uint64_t name_hash = 0;         // seeded, of `name`
    uint64_t domain_hash = 0;       // seeded, of `domain`
    uint16_t type = 0;              // QTYPE
    uint16_t outcome = 0;           // RCODE or enum dns_outcome
    uint16_t response_size = 0;     // octets of the DNS message; 0 without a response
    uint8_t role = 0;               // enum dns_role
    uint8_t transport = 0;          // enum dns_transport
    ClientId client;
    dns_address server{};
    dns_asker asker{};  // as in dns_event; not known where asker.known is 0
};

}  // namespace dnsexp
