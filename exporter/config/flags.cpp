#include "exporter/config/flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <map>

#include "exporter/version.h"

namespace dnsexp {
namespace {

constexpr int kUsageError = 2;
constexpr unsigned int kPortMax = 65535;

const std::map<std::string, LogLevel> kLevels = {{"debug", LogLevel::debug},
                                                 {"info", LogLevel::info},
                                                 {"warn", LogLevel::warn},
                                                 {"error", LogLevel::error}};
const std::map<std::string, LogFormat> kFormats = {{"logfmt", LogFormat::logfmt}, {"json", LogFormat::json}};

// The checks return what is wrong, or "".

std::string check_port(std::string_view text) {
    unsigned int port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    const bool number = error == std::errc{} && end == text.data() + text.size();
    return number && port <= kPortMax ? "" : "the port must be 0..65535 (0: any free one)";
}

// A bare IPv6 address is refused: its last group would be taken for the port.
std::string check_listen_address(const std::string& address) {
    const size_t colon = address.rfind(':');
    if (colon == std::string::npos) return "must be host:port, [IPv6]:port or :port";
    const std::string host = address.substr(0, colon);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (!bracketed && host.find_first_of(":[]") != std::string::npos)
        return "an IPv6 address must be in brackets, as [::1]:10153";
    if (host.find_first_of(" \t\r\n,") != std::string::npos)
        return "must be one address; repeat the flag for more";
    return check_port(std::string_view(address).substr(colon + 1));
}

// "/" and what begins with /-/ or /api/ are other endpoints.
std::string check_telemetry_path(const std::string& path) {
    if (path.size() < 2 || path[0] != '/') return "must begin with / and have a name after it";
    if (path.find_first_of(" \t\r\n?#") != std::string::npos) return "must be without blanks, ? and #";
    if (path.rfind("/-/", 0) == 0 || path.rfind("/api/", 0) == 0)
        return "/-/ and /api/ are taken by other endpoints";
    return "";
}

std::string check_not_empty(const std::string& text) {
    return text.empty() ? "must not be empty" : "";
}

struct RawFlags {
    Flags flags;
    std::string level = "info";
    std::string format = "logfmt";
};

void declare(CLI::App& app, RawFlags& raw) {
    Flags& flags = raw.flags;
    app.set_help_flag("-h,--help", "Print this text and exit");
    app.set_version_flag("--version", version_text, "Print version, revision and compiler, and exit");
    auto* file =
        app.add_option("--config.file", flags.config_file, "YAML configuration; all defaults without it")
            ->check(check_not_empty);
    app.add_flag("--config.check", flags.config_check, "Check the configuration file and exit")->needs(file);
    app.add_option("--web.listen-address", flags.listen_addresses,
                   "Address to listen on, host:port or :port; repeatable (default :10153)")
        ->allow_extra_args(false)
        ->check(check_listen_address);
    app.add_option("--web.telemetry-path", flags.telemetry_path, "Path of the metrics (default /metrics)")
        ->check(check_telemetry_path);
    app.add_option("--interface", flags.interfaces,
                   "Interface to observe, a name or a glob; repeatable (default: loopback and the uplinks)")
        ->allow_extra_args(false)
        ->check(check_not_empty);
    app.add_option("--log.level", raw.level, "Least level that is logged (default info)")
        ->check(CLI::IsMember({"debug", "info", "warn", "error"}));
    app.add_option("--log.format", raw.format, "Format of the log (default logfmt)")
        ->check(CLI::IsMember({"logfmt", "json"}));
}

FlagsExit usage_error(std::string what) {
    std::replace_if(
        what.begin(), what.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
    return {kUsageError, "ebpf_dns_exporter: " + what + "; see --help\n"};
}

}  // namespace

std::string version_text() {
    return "ebpf_dns_exporter, version " DNSEXP_VERSION " (revision: " DNSEXP_REVISION
           ")\n"
           "  compiler: " DNSEXP_COMPILER;
}

std::variant<Flags, FlagsExit> parse_flags(int argc, const char* const* argv) {
    try {
        CLI::App app("Counts DNS with eBPF, for Prometheus", "ebpf_dns_exporter");
        RawFlags raw;
        declare(app, raw);
        try {
            app.parse(argc, argv);
        } catch (const CLI::CallForHelp&) {
            return FlagsExit{0, app.help()};
        } catch (const CLI::CallForVersion&) {
            return FlagsExit{0, version_text() + "\n"};
        }
        raw.flags.log_level = kLevels.at(raw.level);
        raw.flags.log_format = kFormats.at(raw.format);
        return std::move(raw.flags);
    } catch (const std::exception& error) {
        return usage_error(error.what());
    }
}

Config with_flags(Config config, const Flags& flags) {
    if (!flags.interfaces.empty()) config.capture.interfaces = flags.interfaces;
    return config;
}

std::vector<std::string> effective_listen_addresses(const Config& config, const Flags& flags) {
    if (!flags.listen_addresses.empty()) return flags.listen_addresses;
    return {":" + std::to_string(config.monitoring.prometheus_port)};
}

}  // namespace dnsexp
