// Which CPUs a thread may run on.
#pragma once

#include <cstdint>
#include <vector>

#include "exporter/base/result.h"

namespace dnsexp {

// Holds the calling thread to these CPUs; none: leaves it as it is. An Error, which names the CPUs that are
// allowed: one of them is not there, or the process may not use it.
Status pin_this_thread(const std::vector<uint32_t>& cpus);

}  // namespace dnsexp
