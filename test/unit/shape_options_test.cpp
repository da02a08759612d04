#include "exporter/app/shape_options.h"

#include <catch2/catch.hpp>

using namespace dnsexp;

TEST_CASE("The defaults ask nothing of the exposition") {
    const ShapeOptions options = shape_options({});
    CHECK(options.metrics.empty());
    CHECK(options.disabled_labels.empty());
    CHECK(options.server_names.empty());
    CHECK_FALSE(options.domain);
    CHECK_FALSE(options.client);
}

TEST_CASE("Lists of metrics, labels and servers are handed on") {
    Config config;
    config.monitoring.metrics = {"dns_flags_total"};
    config.metrics.disabled_labels = {{"dns_queries_total", {"role"}}};
    config.metrics.server_names = {{"site", {"10.0.0.0/8"}}};
    const ShapeOptions options = shape_options(config);
    CHECK(options.metrics == config.monitoring.metrics);
    CHECK(options.disabled_labels == config.metrics.disabled_labels);
    CHECK(options.server_names == config.metrics.server_names);
}

TEST_CASE("Masks of domains are public suffixes, masks of clients networks, each on its own") {
    Config config;
    config.metrics.domain_names = Redaction::mask;
    const ShapeOptions domains = shape_options(config);
    CHECK(domains.domain("example.co.uk") == "*.co.uk");
    CHECK_FALSE(domains.client);
    config = {};
    config.metrics.client_addresses = Redaction::mask;
    const ShapeOptions clients = shape_options(config);
    CHECK(clients.client("192.0.2.77") == "192.0.2.0/24");
    CHECK(clients.client("2001:db8:1:2::3") == "2001:db8:1::/48");
    CHECK_FALSE(clients.domain);
}

TEST_CASE("Hashes are made with the query log's key") {
    Config config;
    config.metrics.domain_names = config.metrics.client_addresses = Redaction::hash;
    config.query_log.hash_key = "sixteen octets or more";
    // printf 'name:example.com' | openssl dgst -sha256 -hmac 'sixteen octets or more'
    CHECK(shape_options(config).domain("example.com") == "d2c0d40743572d88");
    CHECK(shape_options(config).client("192.0.2.1") == "778ed41129433859");
    config.query_log.hash_key.clear();  // a key of its own
    CHECK(shape_options(config).domain("example.com") != "d2c0d40743572d88");
}

TEST_CASE("Whatever changes the exposition's shape makes it another one, and nothing else does") {
    const Config one;
    Config other;
    other.metrics.top_domains = 1;
    other.query_log.path = "/var/log/q";
    CHECK(have_same_shape(one, other));
    const auto differs = [&](const std::function<void(Config&)>& change) {
        Config changed;
        change(changed);
        return !have_same_shape(one, changed) && !have_same_shape(changed, one);
    };
    CHECK(differs([](Config& config) { config.monitoring.metrics = {"dns_flags_total"}; }));
    CHECK(differs([](Config& config) { config.metrics.disabled_labels = {{"dns_flags_total", {"flag"}}}; }));
    CHECK(differs([](Config& config) { config.metrics.server_names = {{"a", {"::1"}}}; }));
    CHECK(differs([](Config& config) { config.metrics.domain_names = Redaction::mask; }));
    CHECK(differs([](Config& config) { config.metrics.client_addresses = Redaction::hash; }));
    CHECK(differs([](Config& config) { config.query_log.hash_key = "sixteen octets or more"; }));
}
