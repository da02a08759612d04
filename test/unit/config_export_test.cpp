#include "exporter/config/config_export.h"

#include <catch2/catch.hpp>

#include "exporter/config/config_file.h"
#include "test/support/config_errors.h"

using namespace dnsexp;

TEST_CASE("A metric that is not there is refused, with the one that was meant") {
    CHECK(contains(error_of("monitoring: {metrics: [dns_querys_total]}"), "did you mean dns_queries_total?"));
    CHECK(contains(error_of("monitoring: {metrics: [dns_queries_total, dns_queries_total]}"), "twice"));
    CHECK(contains(error_of("metrics: {disabled_labels: [{metric: dns_query_total, labels: [role]}]}"),
                   "did you mean dns_queries_total?"));
}

TEST_CASE("A label that the metric does not have is refused, with the one that was meant") {
    const ConfigLoad load = parse_config(
        "metrics: {disabled_labels: [{metric: dns_queries_total, labels: [role, server]}]}", "f");
    REQUIRE(load.errors.empty());
    REQUIRE(load.config.metrics.disabled_labels.size() == 1);
    CHECK(load.config.metrics.disabled_labels[0].labels == std::vector<std::string>{"role", "server"});
    CHECK(contains(error_of("metrics: {disabled_labels: [{metric: dns_queries_total, labels: [rol]}]}"),
                   "did you mean role?"));
    CHECK(
        contains(error_of("metrics: {disabled_labels: [{metric: dns_query_latency_seconds, labels: [le]}]}"),
                 "no label of dns_query_latency_seconds"));
    CHECK(contains(error_of("metrics: {disabled_labels: [{metric: dns_referrals_total, labels: []}]}"),
                   "1..7"));
    CHECK(contains(error_of("metrics: {disabled_labels: [{metric: dns_flags_total, labels: [flag]}, {metric: "
                            "dns_flags_total, labels: [kind]}]}"),
                   "twice"));
}

TEST_CASE("Two names can't claim one prefix, however it is written, and other is nobody's name") {
    CHECK(errors_of(
              "metrics: {server_names: [{name: a b, addresses: [10.0.0.0/8, '::1']}, {name: c, addresses: "
              "[10.0.0.0/9]}]}")
              .empty());
    CHECK(
        contains(error_of("metrics: {server_names: [{name: a, addresses: [10.0.0.0/8]}, {name: b, addresses: "
                          "[10.1.2.3/8]}]}"),
                 "claimed twice"));
    CHECK(contains(error_of("metrics: {server_names: [{name: a, addresses: [10.0.0.1, 10.0.0.1/32]}]}"),
                   "claimed twice"));
    CHECK(contains(error_of("metrics: {server_names: [{name: other, addresses: [10.0.0.1]}]}"), "not other"));
    CHECK(contains(error_of("metrics: {server_names: [{name: a, addresses: [10.0.0.1/33]}]}"), "no CIDR"));
    CHECK(contains(error_of("metrics: {server_names: [{name: a}]}"), "has no addresses"));
}

TEST_CASE("The number of buckets gives edges in equal ratios, unless edges are given") {
    Config config;
    config.performance.stats_buckets = 3;
    CHECK(apply_stats_buckets(config).empty());
    // 0.0001 * sqrt(50000) = 0.02236...
    CHECK(config.metrics.latency_buckets_seconds == std::vector<double>{0.0001, 0.0224, 5});
    config = {};
    config.performance.stats_buckets = 1;
    CHECK(apply_stats_buckets(config).empty());
    CHECK(config.metrics.latency_buckets_seconds == std::vector<double>{5});
    const ConfigLoad load = parse_config("performance: {stats_buckets: 31}", "f");
    REQUIRE(load.errors.empty());
    CHECK(load.config.metrics.latency_buckets_seconds.size() == 31);
    CHECK(contains(error_of("performance: {stats_buckets: 3}\nmetrics: {latency_buckets_seconds: [1, 2]}"),
                   "one of the two"));
    CHECK(contains(error_of("performance: {stats_buckets: 32}"), "0..31"));
}
