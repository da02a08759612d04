#include "exporter/config/flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <map>

#include "exporter/config/manual.h"
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
const std::map<std::string, CapabilityDrop> kDrops = {
    {"needed", CapabilityDrop::needed}, {"all", CapabilityDrop::all}, {"none", CapabilityDrop::none}};
constexpr const char* kOn = "on";
constexpr const char* kOff = "off";

// Headings of --help.
constexpr const char* kHelpGroup = "Help";
constexpr const char* kConfigGroup = "What is watched, and how";
constexpr const char* kWebGroup = "Web";
constexpr const char* kLogGroup = "Log, to stderr";
constexpr const char* kPrivilegeGroup = "Privileges";

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

std::string check_url(const std::string& url) {
    if (!url.starts_with("http://") && !url.starts_with("https://"))
        return "must begin with http:// or https://, as http://127.0.0.1:10153";
    const bool odd =
        std::any_of(url.begin(), url.end(), [](unsigned char c) { return c <= ' ' || c >= 0x7f; });
    if (odd || url.find_first_of("?#") != std::string::npos)
        return "must be printable ASCII without blanks, ? and #";
    return "";
}

struct RawFlags {
    Flags flags;
    std::string level = "info";
    std::string format = "logfmt";
    std::string drop = "needed";
    std::string filter = kOn;
    bool help_man = false;
};

constexpr const char* kMoreFlags =
    "Options of the exporter (--config.file, --interface, --log.level ...) go with it too: see\n"
    "ebpf_dns_exporter --help";

// What watch and chains share.
template <typename CommandFlags>
void declare_source(CLI::App& command, CommandFlags& flags) {
    command
        .add_option("--url", flags.url,
                    "The exporter to ask (default: the one of this host, and where none runs, programs of "
                    "the command's own)")
        ->option_text("URL")
        ->check(check_url);
    command
        .add_option(
            "--slower-than", flags.slower_than_ms,
            "What took longer is slow, 0..60000 (default " + std::to_string(flags.slower_than_ms) + ")")
        ->option_text("MILLISECONDS")
        ->check(CLI::Range(uint32_t{0}, kSlowerThanMaxMs));
    command
        .add_option("--duration", flags.duration_seconds,
                    "When it ends, 0..31536000 (default 0: when stopped)")
        ->option_text("SECONDS")
        ->check(CLI::Range(uint32_t{0}, kDurationMaxSeconds));
    command.footer(kMoreFlags);
}

void declare_commands(CLI::App& app, Flags& flags) {
    app.fallthrough();
    app.require_subcommand(0, 1);
    const auto add = [&](const char* name, const char* text, Command command) {
        return app.add_subcommand(name, text)->callback([&flags, command] { flags.command = command; });
    };
    add("serve", "Run the exporter; the default", Command::serve)->footer(kMoreFlags);

    CLI::App* watch = add("watch", "Show live what happens, in the terminal", Command::watch);
    declare_source(*watch, flags.watch);
    watch->add_option("--interval", flags.watch.interval_ms, "Between frames, 100..60000 (default 1000)")
        ->option_text("MILLISECONDS")
        ->check(CLI::Range(kIntervalMinMs, kIntervalMaxMs));

    CLI::App* chains = add("chains", "Show live how names are resolved, step by step", Command::chains);
    declare_source(*chains, flags.chains);
    chains->add_flag("--json", flags.chains.json, "One JSON object a line");
    chains->add_option("--name", flags.chains.name, "Only names that match (default: all)")
        ->option_text("GLOB")
        ->check(check_not_empty);
    chains->add_option("--pid", flags.chains.pid, "Only what this process began (default: all)")
        ->option_text("PID")
        ->check(CLI::Range(uint32_t{1}, kPidMax));

    CLI::App* check =
        add("check",
            "Tell what this host offers, and why not what it doesn't; exits with 0 if DNS can be "
            "counted here, with 1 if not",
            Command::check);
    check->add_flag("--json", flags.check.json, "One JSON document");
    check->footer(kMoreFlags);
}

void declare_web(CLI::App& app, Flags& flags) {
    app.add_option("--web.listen-address", flags.listen_addresses,
                   "Address to listen on, host:port or :port; repeatable (default :10153)")
        ->option_text("ADDRESS")
        ->group(kWebGroup)
        ->allow_extra_args(false)
        ->check(check_listen_address);
    app.add_option("--web.telemetry-path", flags.telemetry_path, "Path of the metrics (default /metrics)")
        ->option_text("PATH")
        ->group(kWebGroup)
        ->check(check_telemetry_path);
    app.add_option("--web.config.file", flags.web_config_file,
                   "YAML file of TLS, users and headers, as Prometheus's exporters take it (default: none)")
        ->option_text("FILE")
        ->group(kWebGroup)
        ->check(check_not_empty);
    app.add_flag("--web.enable-lifecycle", flags.enable_lifecycle,
                 "POST or PUT to /-/reload reloads the configuration file, as SIGHUP does (default: off)")
        ->group(kWebGroup);
}

// A flag that takes one of a few words.
void declare_choice(CLI::App& app, const char* name, std::string& value,
                    const std::vector<std::string>& words, const char* group, const std::string& text) {
    app.add_option(name, value, text + " (default " + value + ")")
        ->option_text(CLI::detail::join(words, "|"))
        ->group(group)
        ->check(CLI::IsMember(words));
}

void declare(CLI::App& app, RawFlags& raw) {
    Flags& flags = raw.flags;
    app.set_help_flag("-h,--help", "Print this text and exit")->group(kHelpGroup);
    app.add_flag("--help-man", raw.help_man, "Print the man page, in roff, and exit")->group(kHelpGroup);
    app.set_version_flag("--version", version_text, "Print version, revision and compiler, and exit")
        ->group(kHelpGroup);
    app.add_option("--config.file", flags.config_file, "YAML configuration (default: none, all defaults)")
        ->option_text("FILE")
        ->group(kConfigGroup)
        ->check(check_not_empty);
    app.add_flag("--config.check", flags.config_check,
                 "Check the file of --config.file, and of --web.config.file, and exit")
        ->group(kConfigGroup);
    app.add_option("--interface", flags.interfaces,
                   "Interface to observe, a name or a glob; repeatable (default: loopback and the uplinks)")
        ->option_text("NAME")
        ->group(kConfigGroup)
        ->allow_extra_args(false)
        ->check(check_not_empty);
    declare_web(app, flags);
    declare_choice(app, "--log.level", raw.level, {"debug", "info", "warn", "error"}, kLogGroup,
                   "Least level that is logged");
    declare_choice(app, "--log.format", raw.format, {"logfmt", "json"}, kLogGroup, "Format of the log");
    declare_choice(
        app, "--capabilities.drop", raw.drop, {"needed", "all", "none"}, kPrivilegeGroup,
        "Capabilities to give up once it watches: all but those that are needed for what comes later, "
        "all, or none");
    declare_choice(app, "--seccomp.filter", raw.filter, {kOn, kOff}, kPrivilegeGroup,
                   "Filter system calls once it watches");
    declare_commands(app, flags);
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
            return FlagsExit{0, app.help("", CLI::AppFormatMode::All)};
        } catch (const CLI::CallForVersion&) {
            return FlagsExit{0, version_text() + "\n"};
        }
        if (raw.help_man) return FlagsExit{0, manual(app)};
        if (raw.flags.config_check && raw.flags.config_file.empty() && raw.flags.web_config_file.empty())
            return usage_error("--config.check requires --config.file or --web.config.file");
        raw.flags.log_level = kLevels.at(raw.level);
        raw.flags.log_format = kFormats.at(raw.format);
        raw.flags.capabilities_drop = kDrops.at(raw.drop);
        raw.flags.seccomp_filter = raw.filter == kOn;
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
