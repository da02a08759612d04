// How much what one client asks below one domain looks like a tunnel.
#pragma once

#include <cstdint>

#include "exporter/security/finding.h"

namespace dnsexp {

// Sums over a stretch of time. A carrying query is one whose name or type could carry data: DomainWatch
// decides.
struct TunnelEvidence {
    uint64_t queries = 0;   // all below the domain
    uint64_t carrying = 0;  // of those
    double distinct = 0;    // names of carrying queries
    // Of carrying queries:
    double bits = 0;       // information in names (name_shape.h)
    uint64_t unused = 0;   // of types that nothing asks (query_class.h)
    uint64_t bulk = 0;     // of types with room for data in the answer
    uint64_t odd = 0;      // with octets that no host name has
    uint64_t failed = 0;   // without an answer, or with another one than NOERROR
    uint64_t surplus = 0;  // octets of answers beyond the question's, of unused and bulk types
};

inline constexpr uint32_t tunnel_high = 70, tunnel_medium = 50;

// 0..100. Pure, thread-safe.
uint32_t tunnel_score(const TunnelEvidence& evidence);

}  // namespace dnsexp
