#include "exporter/metrics/exposition.h"
#include "exporter/app/security_metrics.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <sstream>

#include "exporter/chains/totals.h"
#include "exporter/fold/fold.h"
#include "exporter/fold/limits.h"
#include "exporter/metrics/catalogue.h"
#include "test/support/snapshots.h"

using namespace dnsexp;
using namespace dnsexp::testing;

namespace {

// As the kernel side tells it: RCODEs below DNS_RCODES_NAMED, the first DNS_EXTRA_RCODES others, and the
// three that are none.
uint16_t any_outcome(uint32_t random) {
    constexpr uint32_t numbered = DNS_RCODES_NAMED + DNS_EXTRA_RCODES;
    const uint32_t outcome = random % (numbered + 3);
    return static_cast<uint16_t>(outcome < numbered ? outcome : DNS_OUTCOME_OTHER + outcome - numbered);
}

// Everything at once that could make series: more than the kernel's maps can hold.
Folded hostile_fold() {
    std::mt19937 random(3);
    FoldOptions options;
    const auto list = std::make_shared<const SearchList>(SearchList{{std::string("\3com\0", 5)}});
    options.search_lists = [&](const dns_asker&) { return list; };
    Fold fold(options);
    for (uint16_t slot = 0; slot < DNS_WORKLOADS; ++slot) {  // each is to be a pod of its own
        dns_event event = event_for("x.com");
        event.lane = DNS_EVENT_SOCKET;
        event.asker = {slot, slot, 0, slot, 1};
        fold.add_event(event);
    }
    for (int i = 0; i < 1000; ++i) {
        dns_event event = event_for("x.d" + std::to_string(i) + ".com", 0, DNS_ROLE_SERVER);
        event.client = ipv4(static_cast<uint32_t>(i));
        fold.add_event(event);
    }
    RawSnapshot snapshot = empty_snapshot();
    snapshot.latency_edges_ns.resize(15);
    for (size_t i = 0; i < 15; ++i) snapshot.latency_edges_ns[i] = (i + 1) * 1'000'000;
    for (dns_stats& stats : snapshot.stats)
        std::fill_n(reinterpret_cast<uint64_t*>(&stats), sizeof stats / 8, 1U);
    snapshot.sockets = snapshot.stats[0];
    for (uint32_t slot = 3; slot <= 32; ++slot)
        snapshot.server_slots.push_back({slot, ipv4(0xc0000200 + slot)});
    for (uint32_t slot = 1; slot < DNS_INTERFACES_MAX; ++slot) {
        snapshot.interface_slots.push_back({slot, "eth" + std::to_string(slot)});
        snapshot.hooks.push_back({"eth" + std::to_string(slot), "ingress", "native", true});
        snapshot.hooks.push_back({"eth" + std::to_string(slot), "egress", "tcx", true});
    }
    dns_interface_stats messages{};
    messages.messages[0][0][0][0] = 1;
    snapshot.interfaces = {{0, {messages}}};
    for (uint32_t index = 0; index < 33 * DNS_ROLES; ++index)
        snapshot.servers.push_back({index, {{1, 1, 1, 1, 1, 1, 1}}});
    dns_latency latency{};
    latency.buckets[0] = 1;
    for (uint32_t index = 0; index < 33 * DNS_ROLES * DNS_LATENCY_TYPES; ++index)
        snapshot.latencies.push_back({index, {latency}});
    for (int i = 0; i < 20'000; ++i) {
        const dns_traffic_key key = {static_cast<uint16_t>(random() % 33),
                                     any_outcome(static_cast<uint32_t>(random())),
                                     static_cast<uint8_t>(random() % DNS_TYPE_SLOTS),
                                     static_cast<uint8_t>(random() % DNS_ROLES),
                                     static_cast<uint8_t>(random() % DNS_TRANSPORTS),
                                     0};
        snapshot.traffic.push_back(traffic(key, {3, 3, 1}));
    }
    snapshot.has_workloads = true;
    for (int i = 0; i < 18; ++i) snapshot.programs.push_back({"dns_" + std::to_string(i), 1, 2});
    NamesByCgroup names;
    for (uint32_t slot = 0; slot < DNS_WORKLOADS; ++slot) {
        WorkloadCounts one{slot, {random(), {}, slot % 2}, {}, false};
        for (auto& octet : one.key.comm) octet = static_cast<uint8_t>(random());
        one.counts.outcomes[random() % DNS_WORKLOAD_OUTCOMES] = 3;
        snapshot.workloads.push_back(one);
        names[one.key.cgroup] = {"", "\x1b\xff" + std::to_string(slot), "\n", "", true};
    }
    Folded folded = fold.fold(snapshot, names);
    ChainTotals(std::vector<double>(15, 1))
        .fill(snapshot, folded);  // as many edges as the latency metrics have
    std::vector<BlocklistStatus> lists(32);
    std::vector<SinkStatus> sinks(16);
    for (size_t i = 0; i < lists.size(); ++i) lists[i].name = "list" + std::to_string(i);
    for (size_t i = 0; i < sinks.size(); ++i) sinks[i].name = "sink" + std::to_string(i);
    fill_security({}, lists, sinks, folded);
    return folded;
}

size_t lines_of(const prometheus::MetricFamily& family) {
    if (family.type != prometheus::MetricType::Histogram) return family.metric.size();
    size_t lines = 0;
    for (const auto& metric : family.metric) lines += metric.histogram.bucket.size() + 2;  // sum and count
    return lines;
}

}  // namespace

TEST_CASE("The catalogue has each metric once, sorted, with less than 10,000 series in all") {
    size_t worst = 0;
    std::set<Metric> metrics;
    std::string_view last;
    for (const MetricInfo& info : catalogue()) {
        CHECK(last < info.name);
        last = info.name;
        CHECK(metrics.insert(info.metric).second);
        CHECK_FALSE(info.help.empty());
        CHECK(info.name.ends_with("_total") == (info.type == prometheus::MetricType::Counter));
        worst += info.worst_case;
    }
    CHECK(metrics.size() == metric_count);
    CHECK(worst < 10'000);
}

TEST_CASE("Under hostile traffic each family keeps to the catalogue: labels and worst case") {
    SelfMetrics self;
    self.version = self.revision = self.compiler = "1";
    self.query_log.emplace();
    const auto families = metric_families(hostile_fold(), self);
    REQUIRE(families.size() == catalogue().size());
    size_t all = 0;
    for (size_t i = 0; i < families.size(); ++i) {
        const MetricInfo& info = catalogue()[i];
        CAPTURE(info.name);
        CHECK(families[i].name == info.name);
        CHECK(lines_of(families[i]) <= info.worst_case);
        const bool needs_maps = info.metric == Metric::map_entries || info.metric == Metric::map_capacity;
        CHECK(families[i].metric.empty() == needs_maps);  // the snapshot names no map
        all += lines_of(families[i]);
        const auto names = labels_of(info);
        std::set<std::vector<prometheus::ClientMetric::Label>> seen;
        for (const auto& metric : families[i].metric) {
            const bool same =
                std::equal(metric.label.begin(), metric.label.end(), names.begin(), names.end(),
                           [](const auto& label, std::string_view name) { return label.name == name; });
            if (!same) FAIL_CHECK("labels differ from the catalogue's");
            if (!seen.insert(metric.label).second) FAIL_CHECK("a series occurs twice");
        }
    }
    CHECK(all < 10'000);
    CHECK(all > 6'000);  // it did reach the budgets
}

TEST_CASE("All outcomes there can be have the labels that the worst case is reckoned with") {
    const Folded folded = hostile_fold();
    std::set<std::string> rcodes;
    for (const Series& series : folded[Metric::responses].series) rcodes.insert(series.labels[0]);
    CHECK(rcodes.size() == outcome_labels);
    CHECK(rcodes.contains("BADCOOKIE"));
    CHECK(rcodes.contains("RCODE27"));
    CHECK(rcodes.contains("other"));
}

TEST_CASE("The text has HELP and TYPE for each family, those without series too") {
    const std::string text = exposition({}, {});
    for (const MetricInfo& info : catalogue()) {
        CHECK(text.find("# HELP " + std::string(info.name) + " ") != std::string::npos);
        CHECK(text.find("# TYPE " + std::string(info.name) + " ") != std::string::npos);
    }
}

TEST_CASE("Counters, gauges and histograms are written as the text format has them") {
    Fold fold({});
    RawSnapshot snapshot = empty_snapshot();
    snapshot.active[DNS_ROLE_CLIENT] = 4;
    snapshot.traffic = {traffic({1, 3, 1, DNS_ROLE_CLIENT, DNS_UDP, 0}, {123456789, 123456789, 0})};
    dns_latency latency{};
    latency.sum_ns = 1'500'000;
    latency.buckets[1] = 3;
    snapshot.latencies = {{dns_latency_index(1, DNS_ROLE_CLIENT, DNS_LATENCY_A), {latency}}};
    SelfMetrics self;
    self.version = "0.1";
    self.revision = "a\"b\n";
    self.compiler = "gcc";
    self.process_cpu_seconds = 0.25;
    const std::string text = exposition(fold.fold(snapshot), self);
    for (const char* line :
         {"\n# TYPE dns_queries_total counter\n",
          "\ndns_queries_total{query_type=\"A\",rcode=\"NXDOMAIN\",server=\"192.0.2.1\",role=\"client\","
          "protocol=\"udp\"} 123456789\n",
          "\n# TYPE dns_active_queries gauge\n"
          "dns_active_queries{role=\"client\"} 4\n",
          "\n# TYPE dns_query_latency_seconds histogram\n",
          "\ndns_query_latency_seconds_bucket{query_type=\"A\",server=\"192.0.2.1\",role=\"client\",le=\"0."
          "001\"} 0\n",
          "\ndns_query_latency_seconds_bucket{query_type=\"A\",server=\"192.0.2.1\",role=\"client\",le=\"0."
          "01\"} 3\n",
          "\ndns_query_latency_seconds_bucket{query_type=\"A\",server=\"192.0.2.1\",role=\"client\",le=\"+"
          "Inf\"} 3\n",
          "\ndns_query_latency_seconds_sum{query_type=\"A\",server=\"192.0.2.1\",role=\"client\"} 0.0015\n",
          "\nebpf_dns_exporter_build_info{version=\"0.1\",revision=\"a\\\"b\\\\010\",compiler=\"gcc\"} 1\n",
          "\nprocess_cpu_seconds_total 0.25\n"}) {
        CAPTURE(line);
        CHECK(("\n" + text).find(line) != std::string::npos);
    }
    size_t buckets = 0;
    for (size_t at = text.find("seconds_bucket{"); at != std::string::npos;
         at = text.find("seconds_bucket{", at + 1))
        ++buckets;
    CHECK(buckets == 4);  // three edges and +Inf
}

TEST_CASE("What the kernel side's tables lost has a series for each of its counts") {
    Fold fold({});
    RawSnapshot snapshot = empty_snapshot();
    snapshot.has_workloads = true;
    dns_stats& wire = snapshot.stats[0];
    wire.clients_evicted = 1;
    wire.clients_no_room = 2;
    wire.pending_contended = 3;
    wire.flows_evicted = 4;
    snapshot.stats[1].flows_evicted = 100;
    snapshot.sockets.flows_evicted = 1000;
    wire.traffic_map_full = 5;
    wire.map_failures = 6;
    snapshot.sockets.map_failures = 60;
    snapshot.calls.forgotten = 7;
    snapshot.sockets.fetches_evicted = 8;
    snapshot.sockets.lanes_busy = 9;
    snapshot.sockets.pending_contended = 10;
    const std::string text = exposition(fold.fold(snapshot), {});
    for (const char* line :
         {"{map=\"any\",reason=\"failed\"} 66", "{map=\"calls\",reason=\"forgotten\"} 7",
          "{map=\"clients\",reason=\"evicted\"} 1", "{map=\"clients\",reason=\"full\"} 2",
          "{map=\"fetches\",reason=\"evicted\"} 8", "{map=\"pending\",reason=\"busy\"} 3",
          "{map=\"socket_lanes\",reason=\"busy\"} 9", "{map=\"socket_pending\",reason=\"busy\"} 10",
          "{map=\"tcp_streams\",reason=\"evicted\"} 1104", "{map=\"traffic\",reason=\"full\"} 5"}) {
        CAPTURE(line);
        CHECK(text.find("\nebpf_dns_exporter_map_losses_total" + std::string(line) + "\n") !=
              std::string::npos);
    }
}

TEST_CASE("Reloads, the reader, the stream, the query log and programs are told of as they are handed in") {
    RawSnapshot snapshot = empty_snapshot();
    snapshot.programs = {{"dns_tc_in", 3, 1'500'000'000}};
    SelfMetrics self;
    self.reader_last_run_unix = 99;
    self.reload = {false, 1234.5, 2, 3};
    self.stream = {4, 5};
    Fold fold({});
    const Folded folded = fold.fold(snapshot);
    CHECK(exposition(folded, self).find("query_log_lines_total{") == std::string::npos);
    self.query_log = QueryLogCounts{6, 7, 8, 9};
    const std::string text = exposition(folded, self);
    for (const char* line :
         {"config_last_reload_successful 0", "config_last_reload_success_timestamp_seconds 1234.5",
          "config_reloads_total{result=\"failure\"} 3", "config_reloads_total{result=\"success\"} 2",
          "program_runs_total{program=\"dns_tc_in\"} 3",
          "program_run_seconds_total{program=\"dns_tc_in\"} 1.5", "stream_listeners 4",
          "stream_events_lost_total 5", "reader_last_run_timestamp_seconds 99",
          "query_log_lines_total{result=\"written\"} 6", "query_log_lines_total{result=\"sampled\"} 7",
          "query_log_lines_total{result=\"dropped\"} 8", "query_log_lines_total{result=\"failed\"} 9"}) {
        CAPTURE(line);
        CHECK(text.find("\nebpf_dns_exporter_" + std::string(line) + "\n") != std::string::npos);
    }
    CHECK(exposition({}, {}).find("\nebpf_dns_exporter_config_last_reload_successful 1\n") !=
          std::string::npos);
}

TEST_CASE("A histogram without labels is written with its edges alone") {
    Fold fold({});
    RawSnapshot snapshot = empty_snapshot();
    snapshot.stats[0].edns_sizes[dns_edns_bucket(1232)] = 2;
    snapshot.stats[1].edns_size_sum = 2464;
    const std::string text = exposition(fold.fold(snapshot), {});
    for (const char* line :
         {"\n# TYPE dns_edns_udp_payload_bytes histogram\n",
          "\ndns_edns_udp_payload_bytes_bucket{le=\"1220\"} 0\n",
          "\ndns_edns_udp_payload_bytes_bucket{le=\"1232\"} 2\n",
          "\ndns_edns_udp_payload_bytes_bucket{le=\"+Inf\"} 2\n", "\ndns_edns_udp_payload_bytes_count 2\n",
          "\ndns_edns_udp_payload_bytes_sum 2464\n"}) {
        CAPTURE(line);
        CHECK(text.find(line) != std::string::npos);
    }
}

TEST_CASE("Whatever names the traffic had, the text is printable ASCII in whole lines") {
    Fold fold({});
    RawSnapshot snapshot = empty_snapshot();
    snapshot.interface_slots = {{1, "\x1b[31m\"\\"}};
    fold.add_event(event_for("a\"\n\\\xff.com"));
    const std::string text = exposition(fold.fold(snapshot), {});
    CHECK(
        std::all_of(text.begin(), text.end(), [](char c) { return c == '\n' || (c >= 0x20 && c <= 0x7e); }));
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        if (!line.starts_with("# ") && !line.starts_with("dns_") && !line.starts_with("ebpf_dns_exporter_") &&
            !line.starts_with("process_"))
            FAIL_CHECK(line);
    CHECK(text.find("domain=\"a\\\\\\\"\\\\010\\\\\\\\\\\\255.com\"") != std::string::npos);
}
