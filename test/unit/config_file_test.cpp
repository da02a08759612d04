#include "exporter/config/config_file.h"

#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <fstream>

#include "ebpf/dns_abi.h"
#include "exporter/config/config_keys.h"
#include "test/support/config_errors.h"

using namespace dnsexp;

namespace {

void check_same(const Config& a, const Config& b) {
    CHECK(a.performance.ring_buffer_size_kb == b.performance.ring_buffer_size_kb);
    CHECK(a.performance.pending_queries_max == b.performance.pending_queries_max);
    CHECK(a.performance.poll_interval_ms == b.performance.poll_interval_ms);
    CHECK(a.performance.event_batch_size == b.performance.event_batch_size);
    CHECK(a.performance.cpu_affinity == b.performance.cpu_affinity);
    CHECK(a.performance.stats_buckets == b.performance.stats_buckets);
    CHECK(a.metrics.disabled_labels.size() == b.metrics.disabled_labels.size());
    CHECK(a.metrics.server_names.size() == b.metrics.server_names.size());
    CHECK(a.metrics.domain_names == b.metrics.domain_names);
    CHECK(a.metrics.client_addresses == b.metrics.client_addresses);
    CHECK(a.monitoring.metrics == b.monitoring.metrics);
    CHECK(a.monitoring.program_stats == b.monitoring.program_stats);
    CHECK(a.capture.interfaces == b.capture.interfaces);
    CHECK(a.capture.ingress == b.capture.ingress);
    CHECK(a.capture.tc_link == b.capture.tc_link);
    CHECK(a.capture.ports == b.capture.ports);
    CHECK(a.capture.tunnels == b.capture.tunnels);
    CHECK(a.capture.query_timeout_ms == b.capture.query_timeout_ms);
    CHECK(a.capture.late_window_ms == b.capture.late_window_ms);
    CHECK(a.capture.max_servers == b.capture.max_servers);
    CHECK(a.metrics.latency_buckets_seconds == b.metrics.latency_buckets_seconds);
    CHECK(a.metrics.top_domains == b.metrics.top_domains);
    CHECK(a.metrics.top_clients == b.metrics.top_clients);
    CHECK(a.workload.backend == b.workload.backend);
    CHECK(a.workload.kubernetes == b.workload.kubernetes);
    CHECK(a.workload.node_name == b.workload.node_name);
    CHECK(a.workload.kubelet_address == b.workload.kubelet_address);
    CHECK(a.workload.cluster_domain == b.workload.cluster_domain);
    CHECK(a.workload.top_workloads == b.workload.top_workloads);
    CHECK(a.chains.libc_probes == b.chains.libc_probes);
    CHECK(a.security.enabled == b.security.enabled);
    CHECK(a.security.entropy_threshold == b.security.entropy_threshold);
    CHECK(a.security.max_subdomain_depth == b.security.max_subdomain_depth);
    CHECK(a.security.max_label_length == b.security.max_label_length);
    CHECK(a.security.rate_limit_qps == b.security.rate_limit_qps);
    CHECK(a.security.max_unique_subdomains == b.security.max_unique_subdomains);
    CHECK(a.security.suspicious_tlds == b.security.suspicious_tlds);
    CHECK(a.security.allowed_domains == b.security.allowed_domains);
    CHECK(a.security.threat_intel_enabled == b.security.threat_intel_enabled);
    CHECK(a.security.threat_feed_interval_hours == b.security.threat_feed_interval_hours);
    CHECK(a.security.blocklists.size() == b.security.blocklists.size());
    CHECK(a.alerting.min_severity == b.alerting.min_severity);
    CHECK(a.alerting.window_seconds == b.alerting.window_seconds);
    CHECK(a.alerting.destinations.size() == b.alerting.destinations.size());
    CHECK(a.monitoring.prometheus_enabled == b.monitoring.prometheus_enabled);
    CHECK(a.monitoring.prometheus_port == b.monitoring.prometheus_port);
    CHECK(a.web.slow_query_milliseconds == b.web.slow_query_milliseconds);
    CHECK(a.query_log.path == b.query_log.path);
    CHECK(a.query_log.sample == b.query_log.sample);
    CHECK(a.query_log.names == b.query_log.names);
    CHECK(a.query_log.clients == b.query_log.clients);
    CHECK(a.query_log.hash_key == b.query_log.hash_key);
}

}  // namespace

TEST_CASE("The example configuration shows every key, with its default") {
    const std::string path = DNSEXP_SOURCE_DIR "/deploy/config.example.yaml";
    const ConfigLoad load = load_config(path);
    for (const ConfigError& error : load.errors) FAIL_CHECK(error.text());
    check_same(load.config, Config{});

    const YAML::Node root = YAML::LoadFile(path);
    for (const ConfigKey& key : config_keys()) {
        INFO(key.section << "." << key.name);
        CHECK(root[key.section][key.name].IsDefined());
    }
}

TEST_CASE("Every key of a file reaches its field") {
    const ConfigLoad load = parse_config(R"(
performance: {ring_buffer_size_kb: 64, pending_queries_max: 128, poll_interval_ms: 7, event_batch_size: 64, cpu_affinity: [3, 0]}
capture:
  interfaces: [eth0, "*"]
  ingress: xdp
  tc_link: clsact
  ports: [53, 5353]
  tunnels: [geneve, gre, vxlan, pppoe, ipip]
  query_timeout_ms: 100
  late_window_ms: 0
  max_servers: 256
metrics: {latency_buckets_seconds: [1e-3, .5, 2], top_domains: 0, top_clients: 1000, domain_names: mask, client_addresses: hash}
workload:
  backend: kprobe
  kubernetes: kubelet
  node_name: n1
  kubelet_address: "::1"
  cluster_domain: Corp.test
  top_workloads: 5
chains: {libc_probes: false}
security:
  enabled: false
  entropy_threshold: 0
  max_subdomain_depth: 126
  max_label_length: 63
  rate_limit_qps: 1
  max_unique_subdomains: 10
  suspicious_tlds: [Zip., mov]
  allowed_domains: []
  threat_intel_enabled: false
  threat_feed_interval_hours: 720
alerting: {min_severity: 3, window_seconds: 10}
monitoring: {prometheus_enabled: false, prometheus_port: 9, metrics: [dns_queries_total], program_stats: true}
web: {slow_query_milliseconds: 250}
query_log: {path: /q.log, sample: 10, names: mask, clients: hash, hash_key: 0123456789abcdef}
)",
                                         "f.yaml");
    for (const ConfigError& error : load.errors) FAIL_CHECK(error.text());
    Config expected;
    expected.performance = {64, 128, 7, 64, {3, 0}, 0};
    expected.capture = {{"eth0", "*"},
                        Ingress::xdp,
                        TcLink::clsact,
                        {53, 5353},
                        {Tunnel::geneve, Tunnel::gre, Tunnel::vxlan, Tunnel::pppoe, Tunnel::ipip},
                        100,
                        0,
                        256};
    expected.metrics = {{0.001, 0.5, 2}, 0, 1000, {}, {}, Redaction::mask, Redaction::hash};
    expected.workload = {WorkloadBackend::kprobe, KubernetesSource::kubelet, "n1", "::1", "Corp.test", 5};
    expected.chains = {false};
    expected.security = {false, 0, 126, 63, 1, 10, {"zip", "mov"}, {}, false, 720, {}};
    expected.alerting = {3, 10, {}};
    expected.monitoring = {false, 9, {"dns_queries_total"}, true};
    expected.web = {250};
    expected.query_log = {"/q.log", 10, Redaction::mask, Redaction::hash, "0123456789abcdef"};
    check_same(load.config, expected);
}

TEST_CASE("An empty file, an empty section and a left-out key mean the defaults") {
    for (const char* text :
         {"", "# nothing\n", "---\n", "capture:\n", "capture: {}\n", "capture:\n  ports: [53]\n"}) {
        INFO(text);
        const ConfigLoad load = parse_config(text, "f.yaml");
        CHECK(load.errors.empty());
        check_same(load.config, Config{});
    }
}

TEST_CASE("The two bounds of every number are inside, and their neighbours outside") {
    struct Bound {
        const char* section;
        const char* key;
        uint64_t least, below, most, above;
    };
    for (const Bound& bound : std::initializer_list<Bound>{
             {"performance", "ring_buffer_size_kb", 64, 32, 262144, 524288},
             {"performance", "pending_queries_max", 64, 32, 1048576, 2097152},
             {"performance", "poll_interval_ms", 1, 0, 1000, 1001},
             {"capture", "query_timeout_ms", 100, 99, 60000, 60001},
             {"capture", "max_servers", 1, 0, 256, 257},
             {"monitoring", "prometheus_port", 1, 0, 65535, 65536},
         }) {
        const auto text = [&](uint64_t value) {
            return std::string(bound.section) + ": {" + bound.key + ": " + std::to_string(value) + "}";
        };
        INFO(bound.key);
        CHECK(errors_of(text(bound.least)).empty());
        CHECK(errors_of(text(bound.most)).empty());
        CHECK(contains(error_of(text(bound.below)), "out of range; allowed: "));
        CHECK(contains(error_of(text(bound.above)), "out of range; allowed: "));
    }
    CHECK(errors_of("capture: {late_window_ms: 300000}").empty());
    CHECK(contains(error_of("capture: {late_window_ms: 300001}"), "out of range"));
    CHECK(errors_of("metrics: {top_domains: 1000}").empty());
    CHECK(errors_of("web: {slow_query_milliseconds: 0}").empty());
    CHECK(errors_of("web: {slow_query_milliseconds: 60000}").empty());
    CHECK(contains(error_of("web: {slow_query_milliseconds: 60001}"), "out of range"));
    CHECK(contains(error_of("metrics: {top_domains: 1001}"), "out of range"));
    CHECK(contains(error_of("metrics: {top_clients: 1001}"), "out of range"));
}

TEST_CASE("A number is refused in words that say what it is and what is allowed") {
    const auto message = [](const char* value) {
        return error_of(std::string("performance:\n  ring_buffer_size_kb: ") + value);
    };
    const std::string where = "f.yaml:2: performance.ring_buffer_size_kb: ";
    const std::string allowed = "; allowed: a power of two, 64..262144";
    CHECK(message("1000") == where + "1000 is not a power of two" + allowed);
    CHECK(message("-64") == where + "-64 is out of range" + allowed);
    CHECK(message("99999999999999999999999") == where + "99999999999999999999999 is out of range" + allowed);
    CHECK(message("1.5") == where + "must be a whole number, is the number 1.5" + allowed);
    CHECK(message("1M") == where + "must be a whole number, is the text \"1M\"" + allowed);
    CHECK(message("\"1024\"") == where + "must be a whole number, is the text \"1024\"" + allowed);
    CHECK(message("0x400") == where + "must be a whole number, is the text \"0x400\"" + allowed);
    CHECK(message("[1024]") == where + "must be a whole number, is a list" + allowed);
    CHECK(message("{a: 1}") == where + "must be a whole number, is a mapping" + allowed);
    CHECK(message("~") == where + "must be a whole number, is without a value" + allowed);
    CHECK(message("true") == where + "must be a whole number, is the text \"true\"" + allowed);
}

TEST_CASE("Truth values and choices take their words only") {
    CHECK(error_of("monitoring:\n  prometheus_enabled: yes") ==
          "f.yaml:2: monitoring.prometheus_enabled: must be true or false, is the text \"yes\"; allowed: "
          "true or false");
    CHECK(error_of("capture:\n  ingress: generic") ==
          "f.yaml:2: capture.ingress: is the text \"generic\"; allowed: auto, xdp, tc");
    CHECK(contains(error_of("capture: {tc_link: [tcx]}"), "is a list; allowed: auto, tcx, clsact"));
    CHECK(errors_of("capture: {ingress: \"tc\", tc_link: tcx}").empty());
}

TEST_CASE("The cluster's domain is a name or empty") {
    for (const char* domain : {"cluster.local", "Cluster.Local.", "a", "_x.k8s-1.example", "''"}) {
        INFO(domain);
        CHECK(errors_of(std::string("workload: {cluster_domain: ") + domain + "}").empty());
    }
    const std::string label(63, 'a');
    const std::string longest = label + "." + label + "." + label + "." + label.substr(2);  // 253 octets
    CHECK(errors_of("workload: {cluster_domain: " + longest + "}").empty());
    for (const std::string& domain :
         {longest + "a", "a" + label, std::string("."), std::string("a..b"), std::string(".a"),
          std::string("a.."), std::string("a b"), std::string("a/b")}) {
        INFO(domain);
        CHECK(contains(error_of("workload: {cluster_domain: " + domain + "}"),
                       "which is no domain name; allowed: a domain name, or empty"));
    }
    CHECK(contains(error_of("workload: {cluster_domain: [a]}"), "must be text, is a list"));
}

TEST_CASE("A list names the line of each wrong item") {
    CHECK(
        errors_of("capture:\n  ports:\n    - 53\n    - 0\n    - dns\n    - 53\n") ==
        std::vector<std::string>{
            "f.yaml:4: capture.ports: item: 0 is out of range; allowed: a list of 1..8 distinct ports, each "
            "1..65535",
            "f.yaml:5: capture.ports: item: must be a whole number, is the text \"dns\"; allowed: a list of "
            "1..8 "
            "distinct ports, each 1..65535",
            "f.yaml:6: capture.ports: item: 53 is there twice; allowed: a list of 1..8 distinct ports, each "
            "1..65535"});
    CHECK(contains(error_of("capture: {ports: 53}"), "must be a list, is the number 53"));
    CHECK(contains(error_of("capture: {ports: []}"), "has 0 items"));
    CHECK(errors_of("capture: {ports: [1, 2, 3, 4, 5, 6, 7, 8]}").empty());
    CHECK(contains(error_of("capture: {ports: [1, 2, 3, 4, 5, 6, 7, 8, 9]}"), "has 9 items"));
    CHECK(contains(error_of("capture: {interfaces: eth0}"), "must be a list"));
    CHECK(contains(error_of("capture: {interfaces: [\"\"]}"), "item: is empty text"));
    CHECK(contains(error_of("capture: {interfaces: [[eth0]]}"), "item: must be text, is a list"));
}

TEST_CASE("Tunnels are a list of their words, each once") {
    const std::string allowed = "; allowed: a list of distinct ones of gre, ipip, pppoe, vxlan, geneve";
    CHECK(parse_config("capture: {tunnels: []}", "f.yaml").config.capture.tunnels.empty());
    CHECK(errors_of("capture: {tunnels: [\"gre\", geneve]}").empty());
    CHECK(errors_of("capture:\n  tunnels:\n    - gre\n    - GRE\n    - gre\n    - 4789\n") ==
          std::vector<std::string>{"f.yaml:4: capture.tunnels: item: is the text \"GRE\"" + allowed,
                                   "f.yaml:5: capture.tunnels: item: gre is there twice" + allowed,
                                   "f.yaml:6: capture.tunnels: item: is the number 4789" + allowed});
    CHECK(error_of("capture: {tunnels: gre}") ==
          "f.yaml:1: capture.tunnels: must be a list, is the text \"gre\"" + allowed);
}

TEST_CASE("A wrong or repeated value leaves the configuration as it was") {
    using Ports = std::vector<uint16_t>;
    CHECK(parse_config("capture: {ports: [54, 0]}", "f.yaml").config.capture.ports == Ports{53});
    CHECK(parse_config("capture: {ports: [54], ports: [55]}", "f.yaml").config.capture.ports == Ports{54});
}

TEST_CASE("Latency edges rise, are finite and fit the kernel's table") {
    const auto with = [](const std::string& edges) {
        return "metrics: {latency_buckets_seconds: [" + edges + "]}";
    };
    CHECK(errors_of(with("0.000000001, 300")).empty());
    CHECK(contains(error_of(with("0.1, 0.1")), "is not above the one before it"));
    CHECK(contains(error_of(with("0.2, 0.1")), "is not above the one before it"));
    CHECK(contains(error_of(with("0.1, 0.1000000001")), "is not above the one before it"));  // 0.1 ns more
    CHECK(contains(error_of(with("0")), "is not above 0"));
    CHECK(contains(error_of(with("-1")), "is not above 0"));
    CHECK(contains(error_of(with("1e-10")), "is below a nanosecond"));
    CHECK(contains(error_of(with("301")), "is above 300"));
    CHECK(contains(error_of(with("1e300")), "is above 300"));
    CHECK(contains(error_of(with("nan")), "must be a number"));
    CHECK(contains(error_of(with("inf")), "must be a number"));
    CHECK(contains(error_of(with("1s")), "must be a number"));
    CHECK(contains(error_of(with("")), "has 0 items"));
    std::string edges = "1";
    for (int i = 2; i <= 31; ++i) edges += ", " + std::to_string(i);
    CHECK(errors_of(with(edges)).empty());
    CHECK(contains(error_of(with(edges + ", 32")), "has 32 items"));
}

TEST_CASE("The bounds of tables are the kernel side's") {
    CHECK(kPortsMax == DNS_PORTS_MAX);
    CHECK(kServersMax == DNS_SERVERS_MAX);
    CHECK(kLatencyEdgesMax == DNS_LATENCY_EDGES_MAX);
}

TEST_CASE("An unknown name comes with the one that was probably meant") {
    CHECK(error_of("capture:\n  prots: [53]") ==
          "f.yaml:2: capture.prots: unknown key, did you mean ports?; allowed: interfaces, ingress, tc_link, "
          "ports, tunnels, "
          "query_timeout_ms, late_window_ms, max_servers");
    CHECK(
        error_of("\ncaptures: {}") ==
        "f.yaml:2: captures: unknown section, did you mean capture?; allowed: performance, capture, metrics, "
        "workload, chains, security, alerting, monitoring, web, query_log");
    CHECK(contains(error_of("metrics: {ports: [53]}"), "did you mean capture.ports?"));
    CHECK(contains(error_of("prometheus_port: 80"), "did you mean monitoring.prometheus_port?"));
    CHECK_FALSE(contains(error_of("capture: {colour: red}"), "did you mean"));
}

TEST_CASE("A name that is not plain is shown quoted, escaped and cut") {
    CHECK(contains(error_of("\"a\\e[31m\\n\": 1"), "f.yaml:1: \"a\\x1b[31m\\x0a\": unknown section"));
    std::string much(500, 'x');
    much += ": 1";
    CHECK(error_of(much).size() < 200);
}

TEST_CASE("A repeated key or section is an error, and its first value stays") {
    CHECK(error_of("capture:\n  ports: [53]\n  ports: [54]") ==
          "f.yaml:3: capture.ports: is there twice, first on line 2; allowed: once");
    CHECK(error_of("capture: {}\nmetrics: {}\ncapture: {}") ==
          "f.yaml:3: capture: is there twice, first on line 1; allowed: once");
}

TEST_CASE("What is no mapping is refused, at both levels") {
    CHECK(contains(error_of("- capture"),
                   "f.yaml:1: must be a mapping, is a list; allowed: sections performance"));
    CHECK(contains(error_of("hello"), "must be a mapping, is the text \"hello\""));
    CHECK(contains(error_of("capture: 5"),
                   "f.yaml:1: capture: must be a mapping, is the number 5; allowed: keys"));
    CHECK(contains(error_of("? [a]\n: 1"), "has a key that is a list"));
}

TEST_CASE("All errors of a file are told, in its order") {
    const ConfigLoad load =
        parse_config("capture:\n  ports: 1\n  nope: 2\nmetrics:\n  top_domains: x\nfoo: 1\n", "f.yaml");
    REQUIRE(load.errors.size() == 4);
    CHECK_FALSE(load);
    CHECK(load.errors[0].line == 2);
    CHECK(load.errors[0].file == "f.yaml");
    CHECK(load.errors[0].key == "capture.ports");
    CHECK(load.errors[1].line == 3);
    CHECK(load.errors[2].line == 5);
    CHECK(load.errors[3].line == 6);
}

TEST_CASE("The query log's path and key are held to their rules, and no message shows the key") {
    for (const char* path : {"\"\"", "\"-\"", "/var/log/q.log"})
        CHECK(errors_of(std::string("query_log: {path: ") + path + "}").empty());
    CHECK(contains(error_of("query_log: {path: q.log}"), "no absolute path"));
    CHECK(contains(error_of("query_log: {sample: 0}"), "out of range"));
    CHECK(contains(error_of("query_log: {sample: 1000001}"), "out of range"));
    CHECK(contains(error_of("query_log: {names: secret}"), "plain, hash, mask"));
    const std::string refused = error_of("query_log: {hash_key: verysecret}");
    CHECK(contains(refused, "16 characters or more"));
    CHECK_FALSE(contains(refused, "verysecret"));
}

TEST_CASE("What begins as a number too large to hold is no number, and is quoted with its octets escaped") {
    const std::string error =
        error_of("performance:\n  pending_queries_max: 6552222200000000000074284\xb5\n");
    CHECK(contains(error, "must be a whole number"));
    CHECK(contains(error, "\\xb5"));
    CHECK_FALSE(contains(error, "\xb5"));
}
