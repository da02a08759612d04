// The generated skeletons, with an owner. The only include of them.
#pragma once

#include <memory>

#include "ebpf/dns_abi.h"
// The skeletons' code is bpftool's; its conversions are not ours to mend.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include "dns_calls.skel.h"
#include "dns_exporter.skel.h"
#pragma GCC diagnostic pop

namespace dnsexp {

// Shared, so that tests can keep loaded programs for the next source.
using Skeleton = std::shared_ptr<dns_exporter>;
inline Skeleton own_skeleton(dns_exporter* skeleton) {
    return {skeleton, dns_exporter__destroy};  // which takes a null pointer too
}

// The programs at getaddrinfo().
using CallSkeleton = std::shared_ptr<dns_calls>;
inline CallSkeleton own_skeleton(dns_calls* skeleton) {
    return {skeleton, dns_calls__destroy};
}

}  // namespace dnsexp
