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
        for (const char* name :
             {"--config.file", "--config.check", "--web.listen-address", "--web.telemetry-path",
              "--log.level", "--log.format", "--interface", "--version", "--help", ":10153"})
            CHECK(contains(exit.text, name));
    }
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
