// ${NAME} in values of the configuration file.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>

#include "exporter/config/config_file.h"
#include "test/support/config_errors.h"

using namespace dnsexp;

namespace {

// A variable of the process's environment, for as long as it is there.
class Variable {
  public:
    Variable(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
    ~Variable() { unsetenv(name_); }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

  private:
    const char* name_;
};

Config config_of(const std::string& text) {
    const ConfigLoad load = parse_config(text, "f.yaml");
    for (const ConfigError& error : load.errors) UNSCOPED_INFO(error.text());
    REQUIRE(load);
    return load.config;
}

std::string webhook(const std::string& header) {
    return "alerting:\n  destinations:\n    - type: webhook\n      url: https://h.example/\n      headers: "
           "[" +
           header + "]\n";
}

}  // namespace

TEST_CASE("A variable's text is put into a value, whole or in part") {
    const Variable token("DNSEXP_TEST_TOKEN", "s3cret"), node("DNSEXP_TEST_NODE", "node-7");
    CHECK(config_of("workload: {node_name: \"${DNSEXP_TEST_NODE}\"}").workload.node_name == "node-7");
    const Config config =
        config_of(webhook("\"Authorization: Bearer ${DNSEXP_TEST_TOKEN}/${DNSEXP_TEST_NODE}\""));
    CHECK(config.alerting.destinations.at(0).headers.at(0) == "Authorization: Bearer s3cret/node-7");
}

TEST_CASE("A variable can be a number, a truth value or an item of a list") {
    const Variable number("DNSEXP_TEST_NUMBER", "5353"), truth("DNSEXP_TEST_TRUTH", "false");
    const Config config = config_of(
        "capture: {ports: [53, \"${DNSEXP_TEST_NUMBER}\"]}\n"
        "monitoring:\n  prometheus_enabled: ${DNSEXP_TEST_TRUTH}\n");
    CHECK(config.capture.ports == std::vector<uint16_t>{53, 5353});
    CHECK_FALSE(config.monitoring.prometheus_enabled);
}

TEST_CASE("What a variable holds is text of its value, and no YAML") {
    const Variable evil("DNSEXP_TEST_EVIL", "a, b]\nworkload: {backend: none}\n#${HOME}");
    const Config config = config_of("workload: {node_name: \"${DNSEXP_TEST_EVIL}\"}");
    CHECK(config.workload.node_name == "a, b]\nworkload: {backend: none}\n#${HOME}");
    CHECK(config.workload.backend == WorkloadBackend::automatic);
}

TEST_CASE("A variable that is not set is an error at its line, and an empty one is empty text") {
    unsetenv("DNSEXP_TEST_UNSET");
    CHECK(error_of("workload:\n  node_name: ${DNSEXP_TEST_UNSET}\n") ==
          "f.yaml:2: workload.node_name: the environment variable DNSEXP_TEST_UNSET is not set");
    const Variable empty("DNSEXP_TEST_EMPTY", "");
    CHECK(config_of("workload: {node_name: \"x${DNSEXP_TEST_EMPTY}y\"}").workload.node_name == "xy");
}

TEST_CASE("An opening without a name and a closing brace is an error, and can be written twice the dollar") {
    for (const char* value : {"a${", "${}", "${1A}", "${A-B}", "${A B}"}) {
        INFO(value);
        const std::string error = error_of("workload: {node_name: \"" + std::string(value) + "\"}");
        CHECK(contains(error, "f.yaml:1: workload.node_name: holds ${ without the name"));
    }
    CHECK(config_of("workload: {node_name: \"a$${B}$c$$d\"}").workload.node_name == "a${B}$c$$d");
}

TEST_CASE("No message holds what a variable held") {
    const Variable secret("DNSEXP_TEST_SECRET", "hunter2 with spaces");
    const std::string texts[] = {"capture: {ports: [\"${DNSEXP_TEST_SECRET}\"]}",
                                 "performance: {poll_interval_ms: \"${DNSEXP_TEST_SECRET}\"}",
                                 "workload: {backend: \"${DNSEXP_TEST_SECRET}\"}",
                                 "workload: {cluster_domain: \"${DNSEXP_TEST_SECRET}\"}",
                                 "alerting: {destinations: [{type: file, path: \"${DNSEXP_TEST_SECRET}\"}]}",
                                 "security: {blocklists: [{name: \"${DNSEXP_TEST_SECRET}\", path: /l}]}"};
    for (const std::string& text : texts) {
        const std::string error = error_of(text);
        INFO(error);
        CHECK_FALSE(contains(error, "hunter2"));
        CHECK(contains(error, "the environment's DNSEXP_TEST_SECRET"));
        CHECK(contains(error, "; allowed: "));
    }
}

TEST_CASE("A variable in a value that aliases share is put in once, and many aliases cost little") {
    const Variable text("DNSEXP_TEST_TEXT", "$${HOME}");
    std::string bomb = "workload: {node_name: &a \"${DNSEXP_TEST_TEXT}\", kubelet_address: *a}\n";
    const Config config = config_of(bomb);
    CHECK(config.workload.node_name == "$${HOME}");
    std::string many = "security: {allowed_domains: [&a0 [x]";
    for (int i = 1; i < 40; ++i)
        many += ", &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + ", *a" + std::to_string(i - 1) +
                "]";
    CHECK_FALSE(errors_of(many + "]}").empty());
}
