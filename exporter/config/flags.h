// The command line.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "exporter/base/log.h"
#include "exporter/config/config.h"

namespace dnsexp {

struct Flags {
    std::string config_file;                    // empty: no file, all defaults
    bool config_check = false;                  // check the file and exit
    std::vector<std::string> listen_addresses;  // "host:port", "[v6]:port" or ":port"; empty: not given
    std::string telemetry_path = "/metrics";
    LogLevel log_level = LogLevel::info;
    LogFormat log_format = LogFormat::logfmt;
    std::vector<std::string> interfaces;  // names or globs; empty: not given
};

// The program ends here: code 0 with text for stdout (help, version), or code 2 with one line for stderr. The
// text ends with a newline.
struct FlagsExit {
    int code = 0;
    std::string text;
};

// Takes `--flag=value` and `--flag value`. Throws nothing.
std::variant<Flags, FlagsExit> parse_flags(int argc, const char* const* argv);

// "ebpf_dns_exporter, version X (revision: Y)" and the compiler, two lines.
std::string version_text();

// The configuration with what the command line replaces in it: --interface takes the place of
// capture.interfaces.
Config with_flags(Config config, const Flags& flags);

// Where to listen: --web.listen-address if given, else every address at monitoring.prometheus_port.
std::vector<std::string> effective_listen_addresses(const Config& config, const Flags& flags);

}  // namespace dnsexp
