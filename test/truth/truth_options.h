// The command line that the tools of this folder share.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "exporter/base/result.h"

namespace dnsexp::test {

struct TruthOptions {
    std::string capture;
    std::vector<uint16_t> ports;  // of DNS; 53 where none is given
    bool tunnels = false;         // look into all of them
    bool old_kernel = false;      // the variant for kernels before 5.18
    bool xdp = false;             // XDP programs for what begins with Ethernet, instead of TC
};

inline constexpr const char* truth_usage = "CAPTURE [--port PORT]... [--tunnels]";

// `for_kernel`: --old and --xdp are known too.
Result<TruthOptions> parse_truth_options(int argc, char** argv, bool for_kernel);

}  // namespace dnsexp::test
