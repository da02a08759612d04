#include "exporter/config/flags.h"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace dnsexp;

namespace {

std::variant<Flags, FlagsExit> parse(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "ebpf_dns_exporter");
    return parse_flags(static_cast<int>(arguments.size()), arguments.data());
}

Flags flags_of(const std::vector<const char*>& arguments) {
    auto parsed = parse(arguments);
    if (const auto* exit = std::get_if<FlagsExit>(&parsed)) FAIL("exit " << exit->code << ": " << exit->text);
    return std::get<Flags>(parsed);
}

FlagsExit exit_of(const std::vector<const char*>& arguments) {
    auto parsed = parse(arguments);
    REQUIRE(std::holds_alternative<FlagsExit>(parsed));
    return std::get<FlagsExit>(parsed);
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("Without flags everything has its default") {
    const Flags flags = flags_of({});
    CHECK(flags.config_file.empty());
    CHECK_FALSE(flags.config_check);
    CHECK(flags.listen_addresses.empty());
    CHECK(flags.telemetry_path == "/metrics");
    CHECK(flags.web_config_file.empty());
    CHECK(flags.log_level == LogLevel::info);
    CHECK(flags.log_format == LogFormat::logfmt);
    CHECK(flags.interfaces.empty());
}

TEST_CASE("Flags take their value after = and as the next word") {
    const Flags joined =
        flags_of({"--config.file=a.yaml", "--config.check", "--web.listen-address=127.0.0.1:9153",
                  "--web.telemetry-path=/m", "--log.level=debug", "--log.format=json", "--interface=eth*"});
    const Flags apart = flags_of({"--config.file", "a.yaml", "--config.check", "--web.listen-address",
                                  "127.0.0.1:9153", "--web.telemetry-path", "/m", "--log.level", "debug",
                                  "--log.format", "json", "--interface", "eth*"});
    for (const Flags& flags : {joined, apart}) {
        CHECK(flags.config_file == "a.yaml");
        CHECK(flags.config_check);
        CHECK(flags.listen_addresses == Texts{"127.0.0.1:9153"});
        CHECK(flags.telemetry_path == "/m");
        CHECK(flags.log_level == LogLevel::debug);
        CHECK(flags.log_format == LogFormat::json);
        CHECK(flags.interfaces == Texts{"eth*"});
    }
    CHECK(flags_of({"--web.config.file=w.yml"}).web_config_file == "w.yml");
    CHECK(flags_of({"--config.check", "--web.config.file", "w.yml"}).config_check);
    CHECK(flags_of({"--log.level=warn"}).log_level == LogLevel::warn);
    CHECK(flags_of({"--log.level=error"}).log_level == LogLevel::error);
}

TEST_CASE("Repeatable flags gather their values, one a flag, as they are") {
    const Flags flags = flags_of({"--interface", "eth0", "--interface=wl*", "--interface=a,b",
                                  "--web.listen-address", ":0", "--web.listen-address=[::1]:65535"});
    CHECK(flags.interfaces == Texts{"eth0", "wl*", "a,b"});
    CHECK(flags.listen_addresses == Texts{":0", "[::1]:65535"});
    CHECK(exit_of({"--interface", "eth0", "eth1"}).code == 2);
    CHECK(exit_of({"--web.listen-address", ":1", ":2"}).code == 2);
}

TEST_CASE("Without a sub-command, or with serve, it serves") {
    CHECK(flags_of({}).command == Command::serve);
    CHECK(flags_of({"serve"}).command == Command::serve);
    CHECK(flags_of({"--log.level=warn", "serve", "--config.file=a"}).config_file == "a");
}

TEST_CASE("watch has its own flags, with defaults") {
    Flags flags = flags_of({"watch"});
    CHECK(flags.command == Command::watch);
    CHECK(flags.watch.slower_than_ms == 100);
    CHECK(flags.watch.interval_ms == 1000);
    CHECK(flags.watch.url.empty());
    CHECK(flags.watch.duration_seconds == 0);
    flags = flags_of(
        {"watch", "--slower-than=5", "--interval", "250", "--url=http://127.0.0.1:9", "--duration=3"});
    CHECK(flags.watch.slower_than_ms == 5);
    CHECK(flags.watch.interval_ms == 250);
    CHECK(flags.watch.url == "http://127.0.0.1:9");
    CHECK(flags.watch.duration_seconds == 3);
}

TEST_CASE("chains has its own flags, with defaults") {
    Flags flags = flags_of({"chains"});
    CHECK(flags.command == Command::chains);
    CHECK_FALSE(flags.chains.json);
    CHECK(flags.chains.name.empty());
    CHECK_FALSE(flags.chains.pid);
    CHECK(flags.chains.slower_than_ms == 0);
    CHECK(flags.chains.duration_seconds == 0);
    flags = flags_of({"chains", "--json", "--name=*.example.com", "--pid", "4194304", "--slower-than=60000",
                      "--url=https://[::1]:9", "--duration=31536000"});
    CHECK(flags.chains.json);
    CHECK(flags.chains.name == "*.example.com");
    CHECK(flags.chains.pid == 4194304);
    CHECK(flags.chains.slower_than_ms == 60'000);
    CHECK(flags.chains.url == "https://[::1]:9");
    CHECK(flags.chains.duration_seconds == 31'536'000);
}

TEST_CASE("check has its own flag, and those of the exporter") {
    Flags flags = flags_of({"check"});
    CHECK(flags.command == Command::check);
    CHECK_FALSE(flags.check.json);
    flags = flags_of({"--config.file=a.yaml", "check", "--json", "--interface=eth0"});
    CHECK(flags.check.json);
    CHECK(flags.config_file == "a.yaml");
    CHECK(flags.interfaces == Texts{"eth0"});
}

TEST_CASE("Flags of the exporter may stand before and after a sub-command") {
    const Flags flags = flags_of({"--interface=eth0", "--log.format=json", "watch", "--interface", "lo",
                                  "--interval=100", "--config.file=a.yaml", "--log.level=debug"});
    CHECK(flags.command == Command::watch);
    CHECK(flags.interfaces == Texts{"eth0", "lo"});
    CHECK(flags.config_file == "a.yaml");
    CHECK(flags.log_level == LogLevel::debug);
    CHECK(flags.log_format == LogFormat::json);
    CHECK(flags.watch.interval_ms == 100);
}

TEST_CASE("A wrong command line is one line for stderr and exit code 2") {
    const std::vector<std::vector<const char*>> wrong = {
        {"--nonsense"},
        {"stray"},
        {"stray\nline"},
        {"--config.file"},
        {"--config.file="},
        {"--config.check"},
        {"--config.file=a", "--config.file=b"},
        {"--interface="},
        {"--log.level=loud"},
        {"--log.format=xml"},
        {"--web.config.file="},
        {"--web.telemetry-path=metrics"},
        {"--web.telemetry-path=/"},
        {"--web.telemetry-path=/a b"},
        {"--web.telemetry-path=/a?b"},
        {"--web.telemetry-path=/-/ready"},
        {"--web.telemetry-path=/api/v1"},
        {"--web.listen-address=localhost"},
        {"--web.listen-address="},
        {"--web.listen-address=:"},
        {"--web.listen-address=:65536"},
        {"--web.listen-address=:80x"},
        {"--web.listen-address=::1"},
        {"--web.listen-address=[]:80"},
        {"--web.listen-address=:80,:81"},
        {"watch", "watch"},
        {"watch", "chains"},
        {"watch", "stray"},
        {"--interval=100"},
        {"serve", "--interval=100"},
        {"watch", "--json"},
        {"watch", "--interval=99"},
        {"watch", "--interval=60001"},
        {"watch", "--interval=-100"},
        {"watch", "--slower-than=60001"},
        {"watch", "--slower-than=1.5"},
        {"watch", "--duration=31536001"},
        {"watch", "--url="},
        {"watch", "--url=127.0.0.1:10153"},
        {"watch", "--url=file:///etc/passwd"},
        {"watch", "--url=http://a/?b"},
        {"watch", "--url=http://a/ b"},
        {"chains", "--pid=0"},
        {"chains", "--pid=4194305"},
        {"chains", "--name="},
        {"chains", "--config.check"},
    };
    for (const auto& arguments : wrong) {
        INFO(arguments[0]);
        const FlagsExit exit = exit_of(arguments);
        CHECK(exit.code == 2);
        CHECK(std::count(exit.text.begin(), exit.text.end(), '\n') == 1);
        CHECK(exit.text.back() == '\n');
        CHECK(contains(exit.text, "--help"));
    }
    CHECK(contains(exit_of({"--log.level=loud"}).text, "--log.level"));
    CHECK(contains(exit_of({"--nonsense"}).text, "--nonsense"));
    CHECK(contains(exit_of({"--web.listen-address=::1"}).text, "brackets"));
}

TEST_CASE("Help names every flag and exits with 0") {
    for (const char* flag : {"--help", "-h"}) {
        const FlagsExit exit = exit_of({flag});
        CHECK(exit.code == 0);
        for (const char* name : {"--config.file",
                                 "--config.check",
                                 "--web.listen-address",
                                 "--web.telemetry-path",
                                 "--web.config.file",
                                 "--log.level",
                                 "--log.format",
                                 "--interface",
                                 "--version",
                                 "--help",
                                 ":10153",
                                 "serve",
                                 "watch",
                                 "chains",
                                 "--slower-than",
                                 "--interval",
                                 "--url",
                                 "--duration",
                                 "--json",
                                 "--name",
                                 "--pid"})
            CHECK(contains(exit.text, name));
    }
    const FlagsExit of_watch = exit_of({"watch", "--help"});
    CHECK(of_watch.code == 0);
    CHECK(contains(of_watch.text, "--interval"));
    CHECK_FALSE(contains(of_watch.text, "--pid"));
}

TEST_CASE("Version prints the program's name, version, revision and compiler") {
    const FlagsExit exit = exit_of({"--version"});
    CHECK(exit.code == 0);
    CHECK(exit.text.rfind("ebpf_dns_exporter, version ", 0) == 0);
    CHECK(contains(exit.text, " (revision: "));
    CHECK(contains(exit.text, ")\n  compiler: "));
    CHECK(exit.text.back() == '\n');
    CHECK(std::count(exit.text.begin(), exit.text.end(), '\n') == 2);
}

TEST_CASE("Interfaces of the command line replace those of the file") {
    Config config;
    config.capture.interfaces = {"eth0", "eth1"};
    CHECK(with_flags(config, Flags{}).capture.interfaces == Texts{"eth0", "eth1"});
    Flags flags;
    flags.interfaces = {"lo"};
    CHECK(with_flags(config, flags).capture.interfaces == Texts{"lo"});
}

TEST_CASE("Listen addresses of the command line win over the port of the file") {
    Config config;
    CHECK(effective_listen_addresses(config, Flags{}) == Texts{":10153"});
    config.monitoring.prometheus_port = 9000;
    CHECK(effective_listen_addresses(config, Flags{}) == Texts{":9000"});
    Flags flags;
    flags.listen_addresses = {"127.0.0.1:1", ":2"};
    CHECK(effective_listen_addresses(config, flags) == Texts{"127.0.0.1:1", ":2"});
}

TEST_CASE("How much is given up is needed, all or none, and the filter is on or off") {
    CHECK(flags_of({}).capabilities_drop == CapabilityDrop::needed);
    CHECK(flags_of({}).seccomp_filter);
    CHECK(flags_of({"--capabilities.drop=needed"}).capabilities_drop == CapabilityDrop::needed);
    CHECK(flags_of({"--capabilities.drop=all"}).capabilities_drop == CapabilityDrop::all);
    CHECK(flags_of({"watch", "--capabilities.drop", "none"}).capabilities_drop == CapabilityDrop::none);
    CHECK(flags_of({"--seccomp.filter=on"}).seccomp_filter);
    CHECK_FALSE(flags_of({"--seccomp.filter=off"}).seccomp_filter);
    for (const char* wrong : {"--capabilities.drop=some", "--capabilities.drop=", "--seccomp.filter=yes"}) {
        const FlagsExit exit = exit_of({wrong});
        CHECK(exit.code == 2);
        CHECK(contains(exit.text, wrong[2] == 'c' ? "--capabilities.drop" : "--seccomp.filter"));
    }
}
