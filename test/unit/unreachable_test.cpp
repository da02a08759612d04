#include "ebpf/dns_unreachable.h"

#include <catch2/catch.hpp>

#include "test/support/dual_settings.h"
#include "test/support/packet_builder.h"

using namespace dnsexp::test;

namespace {

constexpr uint32_t link = DNS_LINK_ETHERNET;
constexpr uint8_t icmp = 1, icmpv6 = 58;

// The query that the message quotes: no more than its IP header and eight octets behind it (RFC 792).
Bytes quote(bool v6, uint16_t port) {
    Packet query;
    Bytes bytes = (v6 ? query.ipv6() : query.ipv4()).udp(40000, port).build();
    bytes.resize((v6 ? DNS_IPV6_LENGTH : DNS_IPV4_LENGTH) + DNS_UDP_LENGTH);
    return bytes;
}

Bytes message(bool v6, uint8_t type, uint8_t code, Bytes quoted) {
    Packet packet = Packet().ethernet();
    v6 ? packet.ipv6(server6, client6) : packet.ipv4(server4, client4);
    return packet.other(v6 ? icmpv6 : icmp, DNS_ICMP_LENGTH)
        .octet(0, type)
        .octet(1, code)
        .payload(quoted)
        .build();
}

struct Answer {
    uint32_t reason;
    dns_address source, destination;
};

Answer parse(const Bytes& bytes) {
    const dns_settings settings = settings_for({53});
    const dns_packet packet{bytes.data(), bytes.data() + bytes.size()};
    dns_frame frame{};
    Answer answer{};
    answer.reason = dns_frame_parse(packet, static_cast<uint32_t>(bytes.size()), link, &settings, &frame);
    if (answer.reason == DNS_FRAME_ICMP) answer.reason = dns_unreachable_parse(packet, &settings, &frame);
    if (answer.reason == DNS_FRAME_UNREACHABLE)
        REQUIRE(dns_frame_addresses(packet, &frame, &answer.source, &answer.destination));
    return answer;
}

// The addresses of the query itself, read by the frame parser.
Answer parse_query(bool v6) {
    Packet query = Packet().ethernet();
    const Bytes bytes = (v6 ? query.ipv6() : query.ipv4()).udp().payload(Bytes(12)).build();
    const dns_settings settings = settings_for({53});
    const dns_packet packet{bytes.data(), bytes.data() + bytes.size()};
    dns_frame frame{};
    Answer answer{};
    answer.reason = dns_frame_parse(packet, static_cast<uint32_t>(bytes.size()), link, &settings, &frame);
    REQUIRE(answer.reason == DNS_OK);
    REQUIRE(dns_frame_addresses(packet, &frame, &answer.source, &answer.destination));
    return answer;
}

}  // namespace

TEST_CASE("An unreachable message names the quoted query's ends") {
    for (const bool v6 : {false, true}) {
        INFO("IPv6: " << v6);
        const Answer answer = parse(message(v6, v6 ? 1 : 3, v6 ? 4 : 3, quote(v6, 53)));
        const Answer query = parse_query(v6);
        CHECK(answer.reason == DNS_FRAME_UNREACHABLE);
        CHECK(answer.destination.low == query.destination.low);
        CHECK(answer.destination.high == query.destination.high);
        CHECK(answer.source.low == query.source.low);
    }
}

TEST_CASE("What is no failure of a query to a listed port is not counted") {
    CHECK(parse(message(false, 3, DNS_ICMP_FRAGMENTATION_NEEDED, quote(false, 53))).reason ==
          DNS_FRAME_OTHER);
    CHECK(parse(message(false, 8, 0, quote(false, 53))).reason == DNS_FRAME_OTHER);  // echo request
    CHECK(parse(message(false, 3, 3, quote(false, 54))).reason == DNS_FRAME_OTHER);  // another port
    CHECK(parse(message(true, 2, 0, quote(true, 53))).reason == DNS_FRAME_OTHER);    // packet too big
    CHECK(parse(message(true, 1, 4, quote(false, 53))).reason == DNS_FRAME_OTHER);   // quotes another family
    CHECK(parse(message(false, 3, 3, quote(true, 53))).reason == DNS_FRAME_OTHER);
}

TEST_CASE("A message cut anywhere before the quoted ports is read no further") {
    for (const bool v6 : {false, true}) {
        const Bytes whole = message(v6, v6 ? 1 : 3, v6 ? 4 : 3, quote(v6, 53));
        const size_t needed = whole.size() - 4;  // length and checksum of UDP are not looked at
        for (size_t length = DNS_ETHERNET_LENGTH; length < needed; ++length) {
            const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
            CHECK(parse(cut).reason != DNS_FRAME_UNREACHABLE);
        }
    }
}
