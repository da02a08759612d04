// YAML scalars as Prometheus's toolkit reads them: by Go's yaml.v2, which knows YAML 1.1. A number is fine
// where text is wanted, and `yes` is true. No message quotes a value: it may be a secret.
#pragma once

#include <yaml-cpp/yaml.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "exporter/config/config_values.h"

namespace dnsexp {

// Any scalar; null is empty text.
Parsed<std::string> go_text(const YAML::Node& node);

// A plain y, yes, on, true or their opposites in lower case, upper case or with a capital (YAML 1.1, bool);
// null is false.
Parsed<bool> go_truth(const YAML::Node& node);

// Decimal digits with a sign or without; null is 0.
Parsed<int64_t> go_whole(const YAML::Node& node);

// "1m30.5s" with the units of Go's time.ParseDuration, below 292 years; a plain whole number is in
// nanoseconds; null is 0.
Parsed<std::chrono::nanoseconds> go_duration(const YAML::Node& node);

}  // namespace dnsexp
