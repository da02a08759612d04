// The table of the web configuration's keys: what each may hold and where it goes.
#pragma once

#include <yaml-cpp/yaml.h>

#include <functional>
#include <string>
#include <vector>

#include "exporter/config/config_values.h"
#include "exporter/web/web_config.h"

namespace dnsexp {

struct WebKey {
    std::string section;
    std::string name;
    std::string allowed;  // in words, for messages
    // Checks the node and, if there is no problem, writes the value into the configuration.
    std::function<std::vector<ConfigProblem>(const YAML::Node&, WebSettings&)> apply;
};

// Of all sections but basic_auth_users, whose keys are the users' names.
const std::vector<WebKey>& web_keys();

// A user's bcrypt hash.
std::vector<ConfigProblem> apply_user(const std::string& user, const YAML::Node& node, WebSettings& config);
extern const char* const kAllowedHash;

}  // namespace dnsexp
