#include "exporter/fold/fold.h"

#include <catch2/catch.hpp>
#include <optional>
#include <random>

#include "test/support/snapshots.h"

using namespace dnsexp;
using namespace dnsexp::testing;

namespace {

std::optional<uint64_t> value(const Folded& folded, Metric metric, const Labels& labels) {
    for (const Series& series : folded[metric].series)
        if (series.labels == labels) return series.value;
    return {};
}

uint64_t total(const Folded& folded, Metric metric) {
    uint64_t sum = 0;
    for (const Series& series : folded[metric].series) sum += series.value;
    return sum;
}

const HistogramSeries* histogram(const Folded& folded, Metric metric, const Labels& labels) {
    for (const HistogramSeries& series : folded[metric].histograms)
        if (series.labels == labels) return &series;
    return nullptr;
}

constexpr uint8_t type_a = 1;

dns_traffic_key key_of(uint16_t server, uint16_t outcome, uint8_t type = type_a,
                       uint8_t role = DNS_ROLE_CLIENT) {
    return {server, outcome, type, role, DNS_UDP, 0};
}

PerCpuEntry<uint32_t, dns_latency> latency(uint32_t server, uint32_t role, uint32_t type, dns_latency first) {
    dns_latency second{};
    second.buckets[0] = 1;
    second.sum_ns = 500'000;
    return {dns_latency_index(server, role, type), {first, second}};
}

}  // namespace

TEST_CASE("Queries and responses are summed over CPUs and labelled") {
    Fold fold({});
    RawSnapshot snapshot = empty_snapshot();
    snapshot.traffic = {traffic(key_of(1, 0), {10, 9, 0}), traffic(key_of(1, 3, 28), {4, 4, 0}),
                        traffic(key_of(1, 0, 28), {5, 5, 0}),
                        traffic(key_of(2, DNS_OUTCOME_TIMEOUT), {0, 7, 0}), traffic(key_of(2, 5), {6, 0, 0})};
    const Folded folded = fold.fold(snapshot);
    CHECK(folded[Metric::queries].series.size() == 4);
    CHECK(value(folded, Metric::queries, {"A", "NOERROR", "192.0.2.1", "client", "udp"}) == 9);
    CHECK(value(folded, Metric::queries, {"AAAA", "NXDOMAIN", "192.0.2.1", "client", "udp"}) == 4);
    CHECK(value(folded, Metric::queries, {"A", "TIMEOUT", "192.0.2.2", "client", "udp"}) == 7);
    CHECK(folded[Metric::responses].series.size() ==
          3);  // a timeout is no response, nor the REFUSED ones a query
    CHECK(value(folded, Metric::responses, {"NOERROR", "192.0.2.1", "client", "udp"}) == 15);
}

TEST_CASE("Slots without a name share the label other, in one series") {
    Fold fold({});
    RawSnapshot snapshot = empty_snapshot();
    snapshot.extra_types = {4711};
    snapshot.traffic = {traffic(key_of(0, 0), {1, 1, 0}), traffic(key_of(9, 0), {2, 2, 0}),
                        traffic(key_of(1, 0, DNS_TYPE_OTHER), {3, 3, 0}),
                        traffic(key_of(1, 0, DNS_TYPE_SLOT_EXTRA), {4, 4, 0}),
                        traffic(key_of(1, 0, DNS_TYPE_SLOT_EXTRA + 1), {5, 5, 0})};
    const Folded folded = fold.fold(snapshot);
    CHECK(value(folded, Metric::queries, {"A", "NOERROR", "other", "client", "udp"}) == 3);
    CHECK(value(folded, Metric::queries, {"TYPE4711", "NOERROR", "192.0.2.1", "client", "udp"}) == 4);
    CHECK(value(folded, Metric::queries, {"other", "NOERROR", "192.0.2.1", "client", "udp"}) == 8);
}

TEST_CASE("Extended RCODEs are labelled by name, number or other, as the kernel side tells them") {
    Fold fold({});
    RawSnapshot snapshot = empty_snapshot();
    snapshot.traffic = {traffic(key_of(1, 16), {2, 1, 0}), traffic(key_of(1, 4095), {3, 3, 0}),
                        traffic(key_of(1, DNS_OUTCOME_OTHER), {5, 4, 4})};
    fold.add_event(event_for("example.com", DNS_OUTCOME_OTHER));
    const Folded folded = fold.fold(snapshot);
    CHECK(value(folded, Metric::responses, {"BADVERS", "192.0.2.1", "client", "udp"}) == 2);
    CHECK(value(folded, Metric::queries, {"A", "RCODE4095", "192.0.2.1", "client", "udp"}) == 3);
    CHECK(value(folded, Metric::responses, {"other", "192.0.2.1", "client", "udp"}) == 5);
    CHECK(value(folded, Metric::queries, {"A", "other", "192.0.2.1", "client", "udp"}) == 4);
    CHECK(value(folded, Metric::domain_queries, {"other", "other"}) == 5);
}

TEST_CASE("A fold has the EDNS families, summed over CPUs") {
    Fold fold({});
    RawSnapshot snapshot = empty_snapshot();
    snapshot.stats[0].edns_walks[DNS_EDNS_CUT] = 1;
    snapshot.stats[1].edns_walks[DNS_EDNS_CUT] = 2;
    const Folded folded = fold.fold(snapshot);
    CHECK(value(folded, Metric::edns_walks, {"cut"}) == 3);
    CHECK(folded[Metric::edns_payload_size].histograms.size() == 1);
    CHECK(value(folded, Metric::multicast_messages, {"query"}) == 0);
}

TEST_CASE("Beyond their budget queries lose type and server, and nobody who was shown") {
    Fold fold({});
    RawSnapshot snapshot = empty_snapshot();
    for (uint16_t server = 1; server <= 40; ++server) {
        if (server > 2) snapshot.server_slots.push_back({server, ipv4(0xc0000200U + server)});
        for (uint8_t type = 1; type <= 53; ++type)
            snapshot.traffic.push_back(traffic(key_of(server, 0, type), {1, 1, 0}));
    }
    const Folded first = fold.fold(snapshot);
    CHECK(first[Metric::queries].series.size() == query_budget + 1);
    CHECK(value(first, Metric::queries, {"other", "NOERROR", "other", "client", "udp"}) ==
          40 * 53 - query_budget);
    std::reverse(snapshot.traffic.begin(), snapshot.traffic.end());
    const Folded second = fold.fold(snapshot);
    CHECK(second[Metric::queries].series.size() == query_budget + 1);
    CHECK(value(second, Metric::queries, {"A", "NOERROR", "192.0.2.1", "client", "udp"}) == 1);
}

TEST_CASE("Latency buckets are cumulative and end with +Inf") {
    Fold fold({});
    RawSnapshot snapshot = empty_snapshot();
    dns_latency counts{};
    counts.sum_ns = 2'000'000'000;
    counts.buckets[1] = 2;
    counts.buckets[3] = 4;  // above the last edge
    snapshot.latencies = {
        latency(1, DNS_ROLE_SERVER, DNS_LATENCY_HTTPS, counts),
        {dns_latency_index(2, DNS_ROLE_SERVER, DNS_LATENCY_A), {dns_latency{}, dns_latency{}}}};
    const Folded folded = fold.fold(snapshot);
    CHECK(folded[Metric::latency].edges == std::vector<double>{0.001, 0.01, 1});
    REQUIRE(folded[Metric::latency].histograms.size() == 1);
    const HistogramSeries* series = histogram(folded, Metric::latency, {"HTTPS", "192.0.2.1", "server"});
    REQUIRE(series != nullptr);
    CHECK(series->cumulative == std::vector<uint64_t>{1, 3, 3, 7});
    CHECK(series->sum == Approx(2.0005));
}

TEST_CASE("Latency keeps to its budget of label combinations, whoever came first stays") {
    Fold fold({});
    RawSnapshot snapshot = empty_snapshot();
    dns_latency one{};
    for (uint32_t server = 0; server < 30; ++server) {
        if (server > 2) snapshot.server_slots.push_back({server, ipv4(0xc0000200U + server)});
        for (uint32_t role = 0; role < DNS_ROLES; ++role)
            for (uint32_t type = 0; type < DNS_LATENCY_TYPES; ++type)
                snapshot.latencies.push_back(latency(server, role, type, one));
    }
    const Folded first = fold.fold(snapshot);
    CHECK(first[Metric::latency].histograms.size() == latency_budget);
    uint64_t count = 0;
    for (const HistogramSeries& series : first[Metric::latency].histograms) count += series.cumulative.back();
    CHECK(count == 30 * 3 * 5);
    std::reverse(snapshot.latencies.begin(), snapshot.latencies.end());
    const Folded second = fold.fold(snapshot);
    CHECK(histogram(second, Metric::latency, {"A", "192.0.2.1", "client"}) != nullptr);
    CHECK(histogram(second, Metric::latency, {"A", "192.0.2.29", "client"}) == nullptr);
    CHECK(histogram(second, Metric::latency, {"A", "other", "client"})->cumulative.back() > 20);
}

TEST_CASE("A domain's first event counts in other, the later ones under its name") {
    Fold fold({});
    RawSnapshot snapshot = empty_snapshot();
    fold.add_event(event_for("www.example.com"));
    Folded folded = fold.fold(snapshot);
    CHECK(value(folded, Metric::domain_queries, {"example.com", "NOERROR"}) == 0);
    CHECK(value(folded, Metric::domain_queries, {"example.com", "TIMEOUT"}) == 0);
    CHECK(value(folded, Metric::domain_queries, {"other", "NOERROR"}) == 1);
    fold.exported();
    fold.add_event(event_for("a.example.com", 3));
    fold.add_event(event_for("B.Example.COM", 3));
    fold.add_event(event_for("example.com", 9));
    folded = fold.fold(snapshot);
    CHECK(value(folded, Metric::domain_queries, {"example.com", "NXDOMAIN"}) == 2);
    CHECK(value(folded, Metric::domain_queries, {"example.com", "other"}) == 1);
    CHECK(value(folded, Metric::events, {"delivered"}) == 4);
}

TEST_CASE("Transactions without an event or a readable name count under domain other") {
    Fold fold({});
    RawSnapshot snapshot = empty_snapshot();
    snapshot.traffic = {traffic(key_of(1, DNS_OUTCOME_UNTRACKED), {0, 7, 7}),
                        traffic(key_of(1, 2), {3, 3, 1})};
    dns_event no_question = event_for("x");
    no_question.message_length = DNS_HEADER_LENGTH;
    dns_event cut = event_for("example.com");
    cut.message_length = DNS_HEADER_LENGTH + 5;
    dns_event absurd = event_for("");
    absurd.message_length = UINT16_MAX;
    std::memset(absurd.message, 1, sizeof absurd.message);
    fold.add_event(no_question);
    fold.add_event(cut);
    fold.add_event(absurd);
    fold.add_event(event_for("other"));
    const Folded folded = fold.fold(snapshot);
    CHECK(folded[Metric::domain_queries].series.size() == TopK::classes);
    CHECK(value(folded, Metric::domain_queries, {"other", "NOERROR"}) == 4);
    CHECK(value(folded, Metric::domain_queries, {"other", "UNTRACKED"}) == 7);
    CHECK(value(folded, Metric::domain_queries, {"other", "SERVFAIL"}) == 1);
}

TEST_CASE("Only those who ask this host's servers are clients") {
    Fold fold({});
    RawSnapshot snapshot = empty_snapshot();
    snapshot.traffic = {traffic(key_of(1, 0), {5, 5, 5}),
                        traffic(key_of(1, 0, 1, DNS_ROLE_SERVER), {5, 5, 3})};
    dns_event asked = event_for("a.com", 0, DNS_ROLE_SERVER);
    asked.client = ipv4(0xc6336401);
    fold.add_event(asked);
    fold.add_event(event_for("a.com", 0, DNS_ROLE_CLIENT));
    (void)fold.fold(snapshot);
    fold.exported();
    fold.add_event(asked);
    const Folded folded = fold.fold(snapshot);
    CHECK(value(folded, Metric::client_queries, {"198.51.100.1"}) == 1);
    CHECK(value(folded, Metric::client_queries, {"other"}) == 4);
    CHECK(folded[Metric::client_queries].series.size() == 2);
}

TEST_CASE("Events of sockets count in searches alone, those of interfaces only where those are asked") {
    using namespace std::string_literals;
    for (const dns_event_lane lane : {DNS_EVENT_SOCKET, DNS_EVENT_WIRE}) {
        const auto list = std::make_shared<const SearchList>(SearchList{{"\4corp\4test\0"s}});
        FoldOptions options;
        options.search_lists = [&](const dns_asker&) { return list; };
        options.search_lane = lane;
        Fold fold(options);
        fold.set_collected(false);
        for (const uint8_t from : {DNS_EVENT_SOCKET, DNS_EVENT_WIRE}) {
            for (const uint8_t role : {DNS_ROLE_CLIENT, DNS_ROLE_LOCAL, DNS_ROLE_SERVER}) {
                dns_event event = event_for("db.corp.test", 0, role);
                event.asker = {7, 7, 0, 2, 1};
                event.lane = from;
                if (from == DNS_EVENT_SOCKET) event.found = DNS_FOUND_SEARCH;
                fold.add_event(event);
            }
        }
        dns_event of_chains = event_for("mx.corp.test");
        of_chains.asker = {7, 7, 0, 2, 1};
        of_chains.lane = DNS_EVENT_SOCKET;
        fold.add_event(of_chains);
        RawSnapshot snapshot = empty_snapshot();
        snapshot.has_workloads = true;
        snapshot.workloads = {{2, {5, {}, DNS_ROLE_CLIENT}, {}, false}};
        dns_event call{};
        call.lane = DNS_EVENT_CALL;
        fold.add_event(call);
        snapshot.sockets.events_ring_full = 4;
        snapshot.calls.events_ring_full = 1;
        snapshot.sockets.records_limited = 6;
        snapshot.calls.limited = 7;
        snapshot.stats.front().events_ring_full = 1;
        const Folded folded = fold.fold(snapshot);
        CHECK(value(folded, Metric::search_path_queries, {"", "", "useful"}) == 2);
        CHECK(value(folded, Metric::search_path_queries, {"", "", "wasted"}) == 0);
        CHECK(value(folded, Metric::events, {"delivered"}) == 3);
        CHECK(value(folded, Metric::events, {"ring_full"}) == 1);
        CHECK(value(folded, Metric::socket_events, {"delivered"}) == 5);
        CHECK(value(folded, Metric::socket_events, {"limited"}) == 13);
        CHECK(value(folded, Metric::socket_events, {"ring_full"}) == 5);
        CHECK(total(folded, Metric::domain_queries) == 3);
        CHECK(total(folded, Metric::client_queries) == 1);
    }
}

TEST_CASE("Without programs that tell whose a message is, there are no series of searches") {
    Fold fold({});
    dns_event event = event_for("db.corp.test");
    event.lane = DNS_EVENT_SOCKET;
    fold.add_event(event);
    const Folded folded = fold.fold(empty_snapshot());
    CHECK(folded[Metric::search_path_queries].series.empty());
    CHECK(folded[Metric::socket_events].series.empty());
    CHECK(value(folded, Metric::events, {"delivered"}) == 0);
}

TEST_CASE("Domains and clients, with what was retired, make the queries") {
    std::mt19937 random(11);
    Fold fold({10, 5});
    uint64_t now = 1;
    std::map<std::pair<uint16_t, uint8_t>, dns_traffic> truth;  // by outcome and role
    bool retired = false;
    for (uint32_t scrape = 0; scrape < 200; ++scrape) {
        for (uint64_t n = random() % 500; n > 0; --n) {
            const uint16_t outcomes[] = {0, 3, 2, 9, DNS_OUTCOME_TIMEOUT};
            const uint16_t outcome = outcomes[random() % std::size(outcomes)];
            const auto role = static_cast<uint8_t>(random() % DNS_ROLES);
            ++truth[{outcome, role}].queries;
            if (random() % 10 == 0) {
                ++truth[{outcome, role}].undelivered;
                continue;
            }
            const uint64_t popular = scrape / 40 * 10 + random() % 8;
            const uint64_t name = random() % 3 == 0 ? random() : popular;
            dns_event event = event_for("w.d" + std::to_string(name) + ".com", outcome, role);
            event.client = ipv4(static_cast<uint32_t>(name));
            event.query_time_ns = now += 100'000'000;
            fold.add_event(event);
        }
        RawSnapshot snapshot = empty_snapshot();
        for (const auto& [key, counts] : truth)
            snapshot.traffic.push_back(traffic(key_of(1, key.first, 1, key.second), counts));
        const Folded folded = fold.fold(snapshot);
        const uint64_t domains_retired = value(folded, Metric::retired_queries, {"domain"}).value();
        const uint64_t clients_retired = value(folded, Metric::retired_queries, {"client"}).value();
        uint64_t served = 0;
        for (const auto& [key, counts] : truth) served += key.second == DNS_ROLE_SERVER ? counts.queries : 0;
        if (total(folded, Metric::domain_queries) + domains_retired != total(folded, Metric::queries))
            FAIL_CHECK(scrape);
        if (total(folded, Metric::client_queries) + clients_retired != served) FAIL_CHECK(scrape);
        if (folded[Metric::domain_queries].series.size() > 11 * TopK::classes) FAIL_CHECK(scrape);
        retired = retired || (domains_retired != 0 && clients_retired != 0);
        fold.exported();
    }
    CHECK(retired);
}
