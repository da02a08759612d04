#include "exporter/config/config_changes.h"

#include <catch2/catch.hpp>

#include "exporter/config/config_file.h"

using namespace dnsexp;

namespace {

using Keys = std::vector<std::string>;

Config parsed(const std::string& text) {
    const ConfigLoad load = parse_config(text, "f");
    REQUIRE(load.errors.empty());
    return load.config;
}

}  // namespace

TEST_CASE("Equal configurations differ in nothing") {
    const Config running = parsed("capture: {ports: [53, 5353]}");
    Config next = running;
    const ConfigChanges changes = merge_running(running, next);
    CHECK(changes.applied.empty());
    CHECK(changes.waiting.empty());
}

TEST_CASE("Values that a reload takes are told and stay, in every kind of key") {
    Config next = parsed(
        "performance: {event_batch_size: 64}\n"
        "capture: {ports: [5353]}\n"
        "metrics: {top_domains: 7, domain_names: mask, server_names: [{name: a, addresses: ['::1']}],\n"
        "  disabled_labels: [{metric: dns_flags_total, labels: [flag]}]}\n"
        "monitoring: {metrics: [dns_flags_total]}\n"
        "query_log: {sample: 9}\n");
    const ConfigChanges changes = merge_running({}, next);
    CHECK_THAT(changes.applied, Catch::UnorderedEquals(Keys{"performance.event_batch_size", "capture.ports",
                                                            "metrics.top_domains", "metrics.domain_names",
                                                            "metrics.server_names", "metrics.disabled_labels",
                                                            "monitoring.metrics", "query_log.sample"}));
    CHECK(changes.waiting.empty());
    CHECK(next.performance.event_batch_size == 64);
    CHECK(next.capture.ports == std::vector<uint16_t>{5353});
    CHECK(next.metrics.top_domains == 7);
    CHECK(next.metrics.domain_names == Redaction::mask);
    CHECK(next.metrics.server_names.size() == 1);
    CHECK(next.metrics.disabled_labels.size() == 1);
    CHECK(next.monitoring.metrics == Keys{"dns_flags_total"});
    CHECK(next.query_log.sample == 9);
}

TEST_CASE("A value that takes a restart waits: the running one goes on, beside new values of other keys") {
    const Config running = parsed(
        "performance: {cpu_affinity: [0], ring_buffer_size_kb: 64}\n"
        "workload: {backend: none, node_name: here}\n");
    Config next = parsed(
        "performance: {cpu_affinity: [1], ring_buffer_size_kb: 128}\n"
        "workload: {backend: cgroup, node_name: there, top_workloads: 3}\n"
        "monitoring: {program_stats: true, prometheus_port: 9999}\n");
    const ConfigChanges changes = merge_running(running, next);
    CHECK(changes.applied == Keys{"workload.top_workloads"});
    CHECK_THAT(changes.waiting,
               Catch::UnorderedEquals(Keys{"performance.cpu_affinity", "performance.ring_buffer_size_kb",
                                           "workload.backend", "workload.node_name",
                                           "monitoring.program_stats", "monitoring.prometheus_port"}));
    CHECK(next.workload.top_workloads == 3);
    CHECK(next.performance.cpu_affinity == std::vector<uint32_t>{0});
    CHECK(next.performance.ring_buffer_size_kb == 64);
    CHECK(next.workload.backend == WorkloadBackend::none);
    CHECK(next.workload.node_name == "here");
    CHECK_FALSE(next.monitoring.program_stats);
    CHECK(next.monitoring.prometheus_port == 10153);
}

TEST_CASE("A value that waited is told again with each reload, since it is compared with what runs") {
    Config running;
    for (int reload = 0; reload < 2; ++reload) {
        Config next = parsed("monitoring: {program_stats: true}");
        CHECK(merge_running(running, next).waiting == Keys{"monitoring.program_stats"});
        running = next;
    }
}
