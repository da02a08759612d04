// The one table of configuration keys: where each is, what it may hold, where it goes.
#pragma once

#include <string>
#include <vector>

#include "exporter/config/config_rules.h"

namespace dnsexp {

struct ConfigKey {
    std::string section;
    std::string name;
    // Its `apply` checks a node and, if there is no problem, writes the value into the configuration.
    Rule rule;
};

const std::vector<ConfigKey>& config_keys();

}  // namespace dnsexp
