// What the reader of configuration files says of a text.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "exporter/config/config_file.h"

namespace dnsexp {

inline std::vector<std::string> errors_of(const std::string& text) {
    std::vector<std::string> lines;
    for (const ConfigError& error : parse_config(text, "f.yaml").errors) lines.push_back(error.text());
    return lines;
}

// The one error of a text that has exactly one.
inline std::string error_of(const std::string& text) {
    const auto errors = errors_of(text);
    INFO(text.substr(0, 200));
    REQUIRE(errors.size() == 1);
    return errors[0];
}

inline bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace dnsexp
