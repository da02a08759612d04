// The command line: a sub-command, serve where none is written, and flags, which may come before or after it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "exporter/base/log.h"
#include "exporter/config/config.h"

namespace dnsexp {

enum class Command { serve, watch, chains, check };

// How much of its capabilities the exporter gives up once it watches.
enum class CapabilityDrop {
    needed,  // all that nothing needs any more
    all,     // also what following interfaces and C libraries takes
    none,
};

// Of the commands that show what an exporter sees.
inline constexpr uint32_t kSlowerThanMaxMs = 60'000;  // as web.slow_query_milliseconds
inline constexpr uint32_t kIntervalMinMs = 100;       // answers of the API within it share one reading
inline constexpr uint32_t kIntervalMaxMs = 60'000;
inline constexpr uint32_t kDurationMaxSeconds = 31'536'000;  // a year
inline constexpr uint32_t kPidMax = 4'194'304;               // PID_MAX_LIMIT of the kernel

struct WatchFlags {
    uint32_t slower_than_ms = 100;  // which transactions are listed as slow; 0..kSlowerThanMaxMs
    uint32_t interval_ms = 1000;    // between two frames; kIntervalMinMs..kIntervalMaxMs
    std::string url;                // of the exporter, http(s)://HOST:PORT; empty: not given
    uint32_t duration_seconds = 0;  // 0..kDurationMaxSeconds; 0: until stopped
};

struct ChainsFlags {
    bool json = false;              // one JSON object a line
    std::string name;               // a glob; empty: all
    std::optional<uint32_t> pid;    // 1..kPidMax
    uint32_t slower_than_ms = 0;    // 0..kSlowerThanMaxMs
    std::string url;                // as in WatchFlags
    uint32_t duration_seconds = 0;  // as in WatchFlags
};

struct CheckFlags {
    bool json = false;  // one JSON document instead of a table
};

struct Flags {
    Command command = Command::serve;
    std::string config_file;                    // empty: no file, all defaults
    bool config_check = false;                  // check the files, this one and the web's, and exit
    std::vector<std::string> listen_addresses;  // "host:port", "[v6]:port" or ":port"; empty: not given
    std::string telemetry_path = "/metrics";
    std::string web_config_file;    // empty: none
    bool enable_lifecycle = false;  // POST /-/reload reloads
    LogLevel log_level = LogLevel::info;
    LogFormat log_format = LogFormat::logfmt;
    std::vector<std::string> interfaces;  // names or globs; empty: not given
    CapabilityDrop capabilities_drop = CapabilityDrop::needed;
    bool seccomp_filter = true;  // system calls are filtered once it watches
    WatchFlags watch;            // means something with its command alone
    ChainsFlags chains;          // so does this
    CheckFlags check;            // and this
};

// The program ends here: code 0 with text for stdout (help, man page, version), or code 2 with one line for
// stderr. The text ends with a newline.
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
