// What the tools of this folder share: their options, and the captures that they are asked about, one after
// the other.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "exporter/base/result.h"

namespace dnsexp::test {

struct TruthOptions {
    bool tunnels = false;     // look into all of them
    bool old_kernel = false;  // the variant for kernels before 5.18
    bool xdp = false;         // XDP programs for what begins with Ethernet, instead of TC
};

struct TruthJob {
    std::string capture;
    std::vector<uint16_t> ports;  // of DNS
};

// `for_kernel`: --old and --xdp are known beside --tunnels.
Result<TruthOptions> parse_truth_options(int argc, char** argv, bool for_kernel);

// Reads jobs from standard input, {"capture": PATH, "ports": [PORT, ...]} a line, until it ends. `work`
// writes lines to standard output; behind them comes {"end": true}. Ends at the first error.
Status do_truth_jobs(const std::function<Status(const TruthJob&)>& work);

}  // namespace dnsexp::test
