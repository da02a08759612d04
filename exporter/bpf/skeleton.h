// The generated skeleton, with an owner. The only include of it.
#pragma once

#include <memory>

#include "ebpf/dns_abi.h"
// The skeleton's code is bpftool's; its conversions are not ours to mend.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include "dns_exporter.skel.h"
#pragma GCC diagnostic pop

namespace dnsexp {

// Shared, so that tests can keep loaded programs for the next source.
using Skeleton = std::shared_ptr<dns_exporter>;
inline Skeleton own_skeleton(dns_exporter* skeleton) {
    return {skeleton, dns_exporter__destroy};  // which takes a null pointer too
}

}  // namespace dnsexp
