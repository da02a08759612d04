// ${NAME} in the file's values: secrets and what differs from host to host come from the environment.
#pragma once

#include <yaml-cpp/yaml.h>

#include <string>
#include <vector>

#include "exporter/config/config_values.h"

namespace dnsexp {

// What became of a value.
struct Expansion {
    std::vector<std::string> variables;   // that were put in, each once; their texts may be secrets
    std::vector<ConfigProblem> problems;  // a variable that is not set, or ${ without a name and a }
};

// Puts the process's environment variables into all scalars of the value (not into keys), in place. $${
// stands for ${, and nothing else has a meaning. What is put in is text of that scalar, whatever it holds: it
// makes no list, no key and no further variable. A node that the document shares (an alias) is expanded once;
// a second call expands again. Not thread-safe with respect to setenv(3).
Expansion expand_environment(const YAML::Node& value);

}  // namespace dnsexp
