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

struct SkeletonDeleter {
    void operator()(dns_exporter* skeleton) const { dns_exporter__destroy(skeleton); }
};
using Skeleton = std::unique_ptr<dns_exporter, SkeletonDeleter>;

}  // namespace dnsexp
