// The one table of configuration keys: where each is, what it may hold, where it goes.
#pragma once

#include <yaml-cpp/yaml.h>

#include <functional>
#include <string>
#include <vector>

#include "exporter/config/config.h"
#include "exporter/config/config_values.h"

namespace dnsexp {

struct ConfigKey {
    std::string section;
    std::string name;
    std::string allowed;  // in words, for messages
    // Checks the node and, if there is no problem, writes the value into the configuration.
    std::function<std::vector<ConfigProblem>(const YAML::Node&, Config&)> apply;
};

const std::vector<ConfigKey>& config_keys();

}  // namespace dnsexp
