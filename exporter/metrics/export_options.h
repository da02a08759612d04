// What the user chooses of the exposition, as plain data.
#pragma once

#include <string>
#include <vector>

namespace dnsexp {

// Labels that a metric is exported without.
struct DisabledLabels {
    std::string metric;
    std::vector<std::string> labels;

    bool operator==(const DisabledLabels&) const = default;
};

// A value of label `server` for all servers within the prefixes, each an address or a CIDR.
struct ServerName {
    std::string name;
    std::vector<std::string> addresses;

    bool operator==(const ServerName&) const = default;
};

}  // namespace dnsexp
