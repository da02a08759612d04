// Reads the configuration file: a Config, or every error that is in it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "exporter/config/config.h"

namespace dnsexp {

inline constexpr size_t kConfigOctetsMax = 1 << 20;  // 1 MiB, hundreds of times what all keys need

struct ConfigError {
    std::string file;
    int line = 0;         // from 1; 0: the file as a whole
    std::string key;      // "capture.ports"; empty: no key in particular
    std::string message;  // what is wrong, and what is allowed

    // "file:line: key: what is wrong; allowed: ...". One line.
    [[nodiscard]] std::string text() const;
};

// `config` is to be used only if there are no errors.
struct ConfigLoad {
    Config config;
    std::vector<ConfigError> errors;

    explicit operator bool() const { return errors.empty(); }
};

// Keys that the file leaves out keep their defaults; an empty file or section is all defaults. Errors: a file
// that can't be read or is above kConfigOctetsMax, YAML that does not parse, more than one document, unknown
// or repeated keys, wrong types, values out of range. In the order of the file. Throws nothing. Thread-safe.
ConfigLoad load_config(const std::string& path);

// The same from text; `file` is its name in messages.
ConfigLoad parse_config(std::string_view text, const std::string& file);

}  // namespace dnsexp
