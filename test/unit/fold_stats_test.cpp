#include "exporter/fold/fold_stats.h"

#include <catch2/catch.hpp>
#include <optional>
#include <set>

#include "ebpf/dns_classify.h"
#include "exporter/fold/tally.h"
#include "test/support/snapshots.h"

using namespace dnsexp;
using namespace dnsexp::testing;

namespace {

std::optional<uint64_t> value(const FoldedFamily& family, const Labels& labels) {
    for (const Series& series : family.series)
        if (series.labels == labels) return series.value;
    return {};
}

}  // namespace

TEST_CASE("Small closed label sets start at zero") {
    Folded folded;
    fold_packets({}, folded);
    fold_headers({}, folded);
    fold_own(empty_snapshot(), folded);
    CHECK(value(folded[Metric::packets], {"udp", "message"}) == 0);
    CHECK(value(folded[Metric::packets], {"tcp", "tcp_no_message_start"}) == 0);
    CHECK(value(folded[Metric::packets], {"unknown", "fragment"}) == 0);
    CHECK(value(folded[Metric::packets], {"udp", "fragment"}) == 0);
    CHECK_FALSE(value(folded[Metric::packets], {"unknown", "message"}));
    CHECK_FALSE(value(folded[Metric::packets], {"tcp", "fragment"}));
    CHECK(folded[Metric::opcodes].series.size() == 6 * 2);
    CHECK(folded[Metric::flags].series.size() == 6 * 2 + 1);
    CHECK(value(folded[Metric::flags], {"do", "query"}) == 0);
    CHECK(folded[Metric::multicast_messages].series.size() == 2);
    CHECK(folded[Metric::active_queries].series.size() == 3);
}

TEST_CASE("Every result of a TCP segment is shown from the start, and none that a segment can't have") {
    Folded folded;
    fold_packets({}, folded);
    std::set<std::string> results;
    for (const Series& series : folded[Metric::packets].series)
        if (series.labels[0] == "tcp") results.insert(series.labels[1]);
    CHECK(results == std::set<std::string>{"message", "short_header", "bad_label", "compressed_question",
                                           "name_too_long", "truncated_question", "truncated_packet",
                                           "tcp_no_message_start", "load_failed", "tcp_out_of_order",
                                           "tcp_busy", "tcp_continuation", "tcp_retransmission"});
}

TEST_CASE("Parse errors have all reasons from the start but those that are no errors") {
    Folded folded;
    fold_packets({}, folded);
    CHECK(folded[Metric::parse_errors].series.size() == 16);
    CHECK(value(folded[Metric::parse_errors], {"tcp_lost"}) == 0);
    CHECK(value(folded[Metric::parse_errors], {"tcp_busy"}) == 0);
    for (const char* no_error : {"message", "tcp_continuation", "tcp_retransmission"})
        CHECK_FALSE(value(folded[Metric::parse_errors], {no_error}));
}

TEST_CASE("Packets are told by protocol, parse errors summed over them") {
    dns_stats stats{};
    stats.packets[DNS_PROTO_UDP][DNS_OK] = 100;
    stats.packets[DNS_PROTO_UDP][DNS_BAD_LABEL] = 2;
    stats.packets[DNS_PROTO_UDP][DNS_FRAGMENT] = 4;
    stats.packets[DNS_PROTO_UNKNOWN][DNS_FRAGMENT] = 5;
    stats.packets[DNS_PROTO_UNKNOWN][DNS_SEGMENTED] = 1;  // not expected, shown all the same
    Folded folded;
    fold_packets(stats, folded);
    CHECK(value(folded[Metric::packets], {"udp", "message"}) == 100);
    CHECK(value(folded[Metric::packets], {"unknown", "segmented"}) == 1);
    CHECK(value(folded[Metric::parse_errors], {"bad_label"}) == 2);
    CHECK(value(folded[Metric::parse_errors], {"fragment"}) == 9);
    CHECK(value(folded[Metric::parse_errors], {"segmented"}) == 1);
}

TEST_CASE("A message of a TCP stream is an error once, whatever its segment counts as") {
    dns_stats stats{};
    stats.packets[DNS_PROTO_TCP][DNS_OK] = 7;
    stats.packets[DNS_PROTO_TCP][DNS_BAD_LABEL] = 1;  // the segment of three such messages
    stats.stream_errors[DNS_BAD_LABEL] = 3;
    stats.packets[DNS_PROTO_UDP][DNS_BAD_LABEL] = 10;
    stats.packets[DNS_PROTO_TCP][DNS_SHORT_HEADER] = 2;
    stats.stream_errors[DNS_SHORT_HEADER] = 2;
    stats.stream_errors[DNS_TCP_LOST] = 4;
    stats.stream_errors[DNS_TRUNCATED_QUESTION] = 1;  // its segment had a good message too
    Folded folded;
    fold_packets(stats, folded);
    CHECK(value(folded[Metric::parse_errors], {"bad_label"}) == 13);
    CHECK(value(folded[Metric::parse_errors], {"short_header"}) == 2);
    CHECK(value(folded[Metric::parse_errors], {"tcp_lost"}) == 4);
    CHECK(value(folded[Metric::parse_errors], {"truncated_question"}) == 1);
    CHECK(value(folded[Metric::packets], {"tcp", "bad_label"}) == 1);
    CHECK_FALSE(value(folded[Metric::packets], {"tcp", "tcp_lost"}));
}

TEST_CASE("A TCP segment that was not read is an error, one without news is none") {
    dns_stats stats{};
    const uint32_t unread[] = {DNS_TCP_NO_MESSAGE_START, DNS_TCP_OUT_OF_ORDER, DNS_TCP_BUSY,
                               DNS_TRUNCATED_PACKET, DNS_LOAD_FAILED};
    uint64_t count = 1;
    for (const uint32_t reason : unread) stats.packets[DNS_PROTO_TCP][reason] = count++;
    stats.packets[DNS_PROTO_TCP][DNS_TCP_CONTINUATION] = 100;
    stats.packets[DNS_PROTO_TCP][DNS_TCP_RETRANSMISSION] = 200;
    Folded folded;
    fold_packets(stats, folded);
    CHECK(value(folded[Metric::parse_errors], {"tcp_no_message_start"}) == 1);
    CHECK(value(folded[Metric::parse_errors], {"tcp_out_of_order"}) == 2);
    CHECK(value(folded[Metric::parse_errors], {"tcp_busy"}) == 3);
    CHECK(value(folded[Metric::parse_errors], {"truncated_packet"}) == 4);
    CHECK(value(folded[Metric::parse_errors], {"load_failed"}) == 5);
    CHECK(value(folded[Metric::packets], {"tcp", "tcp_continuation"}) == 100);
    CHECK(value(folded[Metric::packets], {"tcp", "tcp_retransmission"}) == 200);
    uint64_t errors = 0;
    for (const Series& series : folded[Metric::parse_errors].series) errors += series.value;
    CHECK(errors == 1 + 2 + 3 + 4 + 5);
}

TEST_CASE("A message counts for each flag of its set, and an odd opcode is shown once seen") {
    dns_stats stats{};
    stats.flag_sets[DNS_RESPONSE][dns_flag_set(0x8580, 0)] = 7;  // QR AA RD RA
    stats.flag_sets[DNS_RESPONSE][dns_flag_set(0x8180, 0)] = 2;  // QR RD RA
    stats.opcodes[DNS_QUERY][9] = 1;
    Folded folded;
    fold_headers(stats, folded);
    CHECK(value(folded[Metric::flags], {"aa", "response"}) == 7);
    CHECK(value(folded[Metric::flags], {"rd", "response"}) == 9);
    CHECK(value(folded[Metric::flags], {"rd", "query"}) == 0);
    CHECK(value(folded[Metric::flags], {"tc", "response"}) == 0);
    CHECK(value(folded[Metric::opcodes], {"OPCODE9", "query"}) == 1);
    CHECK_FALSE(value(folded[Metric::opcodes], {"OPCODE9", "response"}));
}

TEST_CASE("DO is told of queries only") {
    dns_stats stats{};
    stats.flag_sets[DNS_QUERY][dns_flag_set(0x0100, 1)] = 5;  // RD
    stats.flag_sets[DNS_QUERY][dns_flag_set(0x0100, 0)] = 8;
    stats.flag_sets[DNS_RESPONSE][dns_flag_set(0x8100, 1)] = 1;  // the kernel side counts none such
    Folded folded;
    fold_headers(stats, folded);
    CHECK(value(folded[Metric::flags], {"do", "query"}) == 5);
    CHECK(value(folded[Metric::flags], {"rd", "query"}) == 13);
    CHECK_FALSE(value(folded[Metric::flags], {"do", "response"}));
    CHECK(value(folded[Metric::flags], {"rd", "response"}) == 1);
}

TEST_CASE("Multicast messages are told by kind") {
    dns_stats stats{};
    stats.multicast[DNS_QUERY] = 6;
    stats.multicast[DNS_RESPONSE] = 9;
    Folded folded;
    fold_headers(stats, folded);
    CHECK(value(folded[Metric::multicast_messages], {"query"}) == 6);
    CHECK(value(folded[Metric::multicast_messages], {"response"}) == 9);
}

TEST_CASE("Message sizes are cumulative and summed in bytes") {
    dns_stats stats{};
    stats.sizes[DNS_RESPONSE][DNS_TCP][dns_size_bucket(512)] = 3;
    stats.sizes[DNS_RESPONSE][DNS_TCP][dns_size_bucket(60)] = 1;
    stats.size_sums[DNS_RESPONSE][DNS_TCP] = 3 * 512 + 60;
    FoldedFamily family;
    fold_sizes(stats, family);
    REQUIRE(family.histograms.size() == 4);
    const HistogramSeries& series = family.histograms[3];
    CHECK(series.labels == Labels{"response", "tcp"});
    CHECK(series.cumulative == std::vector<uint64_t>{0, 1, 1, 1, 4, 4, 4, 4, 4, 4, 4});
    CHECK(series.sum == 1596);
    CHECK(family.edges.size() == 10);
    CHECK(family.edges[4] == 512);
}

TEST_CASE("Known interfaces have all their series, and two of one name share them") {
    RawSnapshot snapshot = empty_snapshot();
    snapshot.interface_slots = {{1, "eth0"}, {2, "eth0"}, {3, "other"}, {4, "a\nb"}};
    dns_interface_stats stats{};
    stats.messages[DNS_EGRESS][DNS_QUERY][DNS_UDP][DNS_IPV6] = 5;
    snapshot.interfaces = {{0, {stats, stats}}, {1, {stats, {}}}, {2, {{}, stats}}, {3, {stats, {}}}};
    FoldedFamily family;
    fold_messages(snapshot, SlotNames(snapshot), family);
    CHECK(family.series.size() == 3 * 16);
    CHECK(value(family, {"eth0", "egress", "query", "udp", "6"}) == 10);
    CHECK(value(family, {"other", "egress", "query", "udp", "6"}) == 15);
    CHECK(value(family, {"a\\010b", "ingress", "response", "tcp", "4"}) == 0);
}

TEST_CASE("A server and role has its six series once one of them counts") {
    RawSnapshot snapshot = empty_snapshot();
    dns_server_stats stats{};
    stats.late = 2;
    snapshot.servers = {{1 * DNS_ROLES + DNS_ROLE_CLIENT, {stats, stats}},
                        {2 * DNS_ROLES + DNS_ROLE_CLIENT, {dns_server_stats{}, dns_server_stats{}}}};
    Folded folded;
    fold_servers(snapshot, SlotNames(snapshot), folded);
    CHECK(value(folded[Metric::responses_late], {"192.0.2.1", "client"}) == 4);
    CHECK(value(folded[Metric::retransmissions], {"192.0.2.1", "client"}) == 0);
    CHECK(folded[Metric::responses_empty].series.size() == 1);
}

TEST_CASE("Hooks and maps are gauges with printable labels") {
    RawSnapshot snapshot = empty_snapshot();
    snapshot.active[DNS_ROLE_LOCAL] = 3;
    snapshot.hooks = {{"eth0", "ingress", "native", true}, {"eth0", "egress", "clsact", false}};
    snapshot.maps = {{"traffic", 12, 2048}};
    Folded folded;
    fold_own(snapshot, folded);
    CHECK(value(folded[Metric::active_queries], {"local"}) == 3);
    CHECK(value(folded[Metric::attached], {"eth0", "ingress", "native"}) == 1);
    CHECK(value(folded[Metric::attached], {"eth0", "egress", "clsact"}) == 0);
    CHECK(value(folded[Metric::map_entries], {"traffic"}) == 12);
    CHECK(value(folded[Metric::map_capacity], {"traffic"}) == 2048);
}
