// Text to the tree of its one YAML document.
#pragma once

#include <yaml-cpp/yaml.h>

#include <string>
#include <variant>

#include "exporter/config/config_values.h"

namespace dnsexp {

// The root (null for an empty text), or why the text is not one YAML document. Throws nothing but
// std::bad_alloc.
std::variant<YAML::Node, ConfigProblem> parse_document(const std::string& text);

}  // namespace dnsexp
