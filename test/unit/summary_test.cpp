#include "exporter/fold/summary.h"

#include <catch2/catch.hpp>

#include "exporter/fold/fold.h"
#include "test/support/snapshots.h"

using namespace dnsexp;
using namespace dnsexp::testing;

namespace {

// Slots of ebpf/dns_classify.h.
const uint8_t slot_a = static_cast<uint8_t>(dns_type_slot(1));
const uint8_t slot_mx = static_cast<uint8_t>(dns_type_slot(15));

dns_traffic queries(uint64_t count) {
    return {count, count, 0};
}

uint32_t latency_key(uint32_t server, uint32_t role, uint32_t type) {
    return (server * DNS_ROLES + role) * DNS_LATENCY_TYPES + type;
}

// `counts` are those of up to 1 ms, 10 ms, 1 s, and above.
PerCpuEntry<uint32_t, dns_latency> latency(uint32_t key, std::array<uint64_t, 4> counts, uint64_t sum_ns) {
    dns_latency one{sum_ns / 2, {}};
    dns_latency other{sum_ns - sum_ns / 2, {}};
    for (size_t i = 0; i < counts.size(); ++i) {
        one.buckets[i] = counts[i] / 2;
        other.buckets[i] = counts[i] - counts[i] / 2;
    }
    return {key, {one, other}};
}

RawSnapshot busy_snapshot() {
    RawSnapshot snapshot = empty_snapshot();
    snapshot.time_ns = 5'000;
    snapshot.traffic = {
        traffic({1, 0, slot_a, DNS_ROLE_CLIENT, DNS_UDP, 0}, queries(10)),
        traffic({1, 3, slot_a, DNS_ROLE_CLIENT, DNS_TCP, 0}, queries(5)),
        traffic({2, 0, slot_mx, DNS_ROLE_CLIENT, DNS_UDP, 0}, queries(40)),
        traffic({1, DNS_OUTCOME_TIMEOUT, slot_a, DNS_ROLE_SERVER, DNS_UDP, 0}, queries(2)),
        traffic({0, 0, slot_a, DNS_ROLE_CLIENT, DNS_UDP, 0}, queries(1)),
        traffic({2, 2, slot_a, DNS_ROLE_CLIENT, DNS_UDP, 0}, {9, 0, 0}),  // responses that nobody asked for
    };
    snapshot.latencies = {
        latency(latency_key(1, DNS_ROLE_CLIENT, 0), {10, 0, 0, 0}, 5'000'000),
        latency(latency_key(1, DNS_ROLE_CLIENT, 1), {0, 5, 0, 0}, 25'000'000),
        latency(latency_key(2, DNS_ROLE_CLIENT, 0), {0, 0, 40, 1}, 4'000'000'000),
        latency(latency_key(2, DNS_ROLE_SERVER, 0), {0, 0, 0, 0}, 0),
    };
    snapshot.active[DNS_ROLE_CLIENT] = 3;
    snapshot.active[DNS_ROLE_SERVER] = 4;
    snapshot.hooks = {{"lo", "egress", "tcx", true},
                      {"eth0", "ingress", "tcx", true},
                      {"eth0", "egress", "tcx", true},
                      {"wg\x1b", "ingress", "tcx", true},
                      {"bad0", "ingress", "tcx", false}};
    return snapshot;
}

}  // namespace

TEST_CASE("A summary of nothing is empty and has its times") {
    RawSnapshot snapshot = empty_snapshot();
    snapshot.time_ns = 70;
    const Summary summary = summary_report(snapshot, {}, {}, 1000);
    CHECK(summary.time_unix_ns == 1070);
    CHECK(summary.monotonic_ns == 70);
    CHECK(summary.queries == 0);
    CHECK(summary.buckets == std::vector<uint64_t>{0, 0, 0, 0});
    CHECK(summary.latency.count == 0);
    CHECK_FALSE(summary.latency.p50);
    CHECK(summary.servers.empty());
    CHECK(summary.outcomes.empty());
}

TEST_CASE("A summary counts finished queries once, by outcome and by type") {
    const Summary summary = summary_report(busy_snapshot(), {}, {}, 0);
    CHECK(summary.queries == 58);
    CHECK(summary.active == 7);
    CHECK(summary.outcomes == NamedCounts{{"NOERROR", 51}, {"NXDOMAIN", 5}, {"TIMEOUT", 2}});
    CHECK(summary.types == NamedCounts{{"A", 18}, {"MX", 40}});
}

TEST_CASE("The latency of all servers is the sum of each") {
    const Summary summary = summary_report(busy_snapshot(), {}, {}, 0);
    CHECK(summary.edges == std::vector<double>{0.001, 0.01, 1});
    CHECK(summary.buckets == std::vector<uint64_t>{10, 5, 40, 1});
    CHECK(summary.latency.count == 56);
    CHECK(summary.latency.sum_seconds == Approx(4.03));
    // The 28th of 56 is the 13th of 40 between 10 ms and 1 s.
    CHECK(summary.latency.p50.value() == Approx(0.01 + 0.99 * 13 / 40));
}

TEST_CASE("Each server has its queries and its own latency, the busiest first") {
    const auto servers = summary_report(busy_snapshot(), {}, {}, 0).servers;
    REQUIRE(servers.size() == 4);
    CHECK(servers[0].server == "192.0.2.2");
    CHECK(servers[0].role == "client");
    CHECK(servers[0].queries == 40);
    CHECK(servers[0].latency.count == 41);
    CHECK(servers[0].latency.sum_seconds == Approx(4));
    CHECK(servers[1].server == "192.0.2.1");
    CHECK(servers[1].queries == 15);
    CHECK(servers[1].outcomes == NamedCounts{{"NOERROR", 10}, {"NXDOMAIN", 5}});
    CHECK(servers[1].buckets == std::vector<uint64_t>{10, 5, 0, 0});
    CHECK(servers[1].latency.count == 15);
    CHECK(servers[1].latency.p99.value() <= 0.01);
    CHECK(servers[2].role == "server");
    CHECK(servers[2].queries == 2);
    CHECK(servers[2].outcomes == NamedCounts{{"TIMEOUT", 2}});
    CHECK(servers[2].buckets == std::vector<uint64_t>{0, 0, 0, 0});
    CHECK_FALSE(servers[2].latency.p50);
    CHECK(servers[3].server == "other");
}

TEST_CASE("Interfaces are those with a program that could be attached, each once and printable") {
    CHECK(summary_report(busy_snapshot(), {}, {}, 0).interfaces ==
          std::vector<std::string>{"eth0", "lo", "wg\\027"});
}

TEST_CASE("Hooks are all that were wanted, by interface, those too that could not be had") {
    const auto hooks = summary_report(busy_snapshot(), {}, {}, 0).hooks;
    REQUIRE(hooks.size() == 5);
    CHECK(hooks[0].interface == "bad0");
    CHECK_FALSE(hooks[0].attached);
    CHECK(hooks[1].interface == "eth0");
    CHECK(hooks[1].hook == "egress");
    CHECK(hooks[2].hook == "ingress");
    CHECK(hooks[2].mode == "tcx");
    CHECK(hooks[4].interface == "wg\\027");
}

TEST_CASE("The fold keeps what events tell a summary") {
    Fold fold({});
    for (int i = 0; i < 5; ++i) {
        dns_event event = event_for(i < 3 ? "www.example.co.uk" : "mail.example.com");
        event.query_time_ns = 9'000'000'000;
        event.latency_ns = 1'000'000 + static_cast<uint64_t>(i);
        fold.add_event(event);
    }
    dns_event missing = event_for("none.example.co.uk");
    missing.outcome = 3;
    missing.query_time_ns = 9'000'000'000;
    missing.latency_ns = 1'000'002;
    fold.add_event(missing);
    const auto domains = fold.heaviest_domains(50);
    REQUIRE(domains.size() == 2);
    CHECK(domains[0].domain == "example.co.uk");
    CHECK(domains[0].queries == 4);
    CHECK(domains[0].outcomes == NamedCounts{{"NOERROR", 3}, {"NXDOMAIN", 1}});
    CHECK(domains[1].queries == 2);
    const auto recent = fold.recent().extremes(9'500'000'000);
    REQUIRE(recent);
    CHECK(recent->min_ns == 1'000'000);
    CHECK(recent->max_ns == 1'000'004);
}
