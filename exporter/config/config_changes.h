// What differs between two configurations, by the table of keys.
#pragma once

#include <string>
#include <vector>

#include "exporter/config/config.h"

namespace dnsexp {

struct ConfigChanges {
    std::vector<std::string> applied;  // keys, "section.key", whose value is another one
    std::vector<std::string> waiting;  // keys whose new value takes a restart
};

// Compares, and gives `next` the values of `running` for keys that take a restart. Thread-safe.
ConfigChanges merge_running(const Config& running, Config& next);

}  // namespace dnsexp
