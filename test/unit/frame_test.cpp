#include "ebpf/dns_frame.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <string>

#include "test/support/dual_settings.h"
#include "test/support/packet_builder.h"

using namespace dnsexp::test;

namespace {

constexpr uint32_t ethernet_link = DNS_LINK_ETHERNET;

struct Parsed {
    uint32_t reason;
    dns_frame frame;
};

Parsed parse(const Bytes& bytes, uint32_t link = ethernet_link, const std::vector<uint16_t>& ports = {53}) {
    const dns_settings settings = settings_for(ports);
    const dns_packet packet{bytes.data(), bytes.data() + bytes.size()};
    Parsed parsed{};
    parsed.reason =
        dns_frame_parse(packet, static_cast<uint32_t>(bytes.size()), link, &settings, &parsed.frame);
    return parsed;
}

const Bytes ten = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

struct Case {
    std::string name;
    Bytes bytes;
    uint32_t reason;
    uint32_t protocol = DNS_PROTO_UNKNOWN;
    uint32_t payload = 0, length = 0;
};

void check(const Case& c, uint32_t link = ethernet_link) {
    INFO(c.name);
    const Parsed parsed = parse(c.bytes, link);
    // Whatever is beyond the reasons is not counted as a packet on a DNS port.
    CHECK(std::min<uint32_t>(parsed.reason, DNS_FRAME_OTHER) == c.reason);
    if (c.reason == DNS_FRAME_OTHER) return;
    CHECK(uint32_t{parsed.frame.protocol} == c.protocol);
    if (c.reason != DNS_OK) return;
    CHECK(parsed.frame.payload == c.payload);
    CHECK(parsed.frame.length == c.length);
}

Packet ipv4() {
    return Packet().ethernet().ipv4();
}
Packet ipv6() {
    return Packet().ethernet().ipv6();
}

}  // namespace

TEST_CASE("UDP and TCP payloads are found behind Ethernet, VLAN tags and IP options") {
    const Packet tagged = Packet().ethernet().vlan(1);
    const Case cases[] = {
        {"IPv4", ipv4().udp().payload(ten).build(), DNS_OK, DNS_PROTO_UDP, 14 + 20 + 8, 10},
        {"IPv6", ipv6().udp().payload(ten).build(), DNS_OK, DNS_PROTO_UDP, 14 + 40 + 8, 10},
        {"empty UDP", ipv4().udp().build(), DNS_OK, DNS_PROTO_UDP, 14 + 20 + 8, 0},
        {"one word of options", Packet().ethernet().ipv4(client4, server4, 1).udp().payload(ten).build(),
         DNS_OK, DNS_PROTO_UDP, 14 + 24 + 8, 10},
        {"the longest IPv4 header", Packet().ethernet().ipv4(client4, server4, 10).udp().payload(ten).build(),
         DNS_OK, DNS_PROTO_UDP, 14 + 60 + 8, 10},
        {"VLAN", Packet(tagged).ipv4().udp().payload(ten).build(), DNS_OK, DNS_PROTO_UDP, 18 + 20 + 8, 10},
        {"QinQ", Packet().ethernet().vlan(1, 0x88a8).vlan(2).ipv6().udp().payload(ten).build(), DNS_OK,
         DNS_PROTO_UDP, 22 + 40 + 8, 10},
        {"old QinQ", Packet().ethernet().vlan(1, 0x9100).vlan(2).ipv4().udp().payload(ten).build(), DNS_OK,
         DNS_PROTO_UDP, 22 + 20 + 8, 10},
        {"three tags", Packet(tagged).vlan(2).vlan(3).ipv4().udp().payload(ten).build(), DNS_OK,
         DNS_PROTO_UDP, 26 + 20 + 8, 10},
        {"four tags", Packet(tagged).vlan(2).vlan(3).vlan(4).ipv4().udp().payload(ten).build(),
         DNS_FRAME_OTHER},
        {"TCP", ipv4().tcp().payload(ten).build(), DNS_OK, DNS_PROTO_TCP, 14 + 20 + 20, 10},
        {"TCP with options", ipv6().tcp(53, 40000, 3).payload(ten).build(), DNS_OK, DNS_PROTO_TCP,
         14 + 40 + 32, 10},
        {"the longest TCP header", ipv4().tcp(53, 40000, 10).payload(ten).build(), DNS_OK, DNS_PROTO_TCP,
         14 + 20 + 60, 10},
        {"TCP above a frame's padding", ipv4().tcp().payload({7}).padding(5).build(), DNS_OK, DNS_PROTO_TCP,
         14 + 20 + 20, 1},
        {"UDP above a frame's padding", ipv4().udp().payload({7}).padding(17).build(), DNS_OK, DNS_PROTO_UDP,
         14 + 20 + 8, 1},
    };
    for (const Case& c : cases) check(c);
}

TEST_CASE("What is not on a DNS port or not UDP or TCP is not counted") {
    const Case cases[] = {
        {"other ports", ipv4().udp(1000, 2000).payload(ten).build(), DNS_FRAME_OTHER},
        {"other TCP ports", ipv6().tcp(1000, 2000).payload(ten).build(), DNS_FRAME_OTHER},
        {"a port that only the filter can't tell from 53", ipv4().udp(1000, 53 + 64).build(),
         DNS_FRAME_OTHER},
        {"ICMP", ipv4().other(1, 40).build(), DNS_FRAME_OTHER},
        {"ICMPv6", ipv6().other(58, 40).build(), DNS_FRAME_OTHER},
        {"ICMP under an impossible IPv4 header", ipv4().octet(0, 0x44).other(1, 40).build(), DNS_FRAME_OTHER},
        {"ESP behind an extension header", ipv6().extension(60).other(50, 40).build(), DNS_FRAME_OTHER},
        {"no next header", ipv6().build(), DNS_FRAME_OTHER},
        {"ARP", Packet().ethernet().vlan(1, 0x0806).build(), DNS_FRAME_OTHER},
        {"a bare acknowledgement", ipv4().tcp().build(), DNS_FRAME_OTHER},
        {"a bare acknowledgement with options", ipv6().tcp(53, 40000, 3).build(), DNS_FRAME_OTHER},
        {"a bare acknowledgement, padded", ipv4().tcp().padding(6).build(), DNS_FRAME_OTHER},
        {"nothing", {}, DNS_FRAME_OTHER},
        {"no whole Ethernet header", Bytes(13), DNS_FRAME_OTHER},
    };
    for (const Case& c : cases) check(c);
}

TEST_CASE("Impossible headers and lengths are told by their reason") {
    const Case cases[] = {
        {"IPv4 header length 16", ipv4().octet(0, 0x44).udp().build(), DNS_BAD_IP_HEADER},
        {"version 5 under EtherType IPv4", ipv4().octet(0, 0x55).udp().build(), DNS_BAD_IP_HEADER},
        {"version 4 under EtherType IPv6", ipv6().octet(0, 0x40).udp().build(), DNS_BAD_IP_HEADER},
        {"IPv4 total length below its header", ipv4().length(19).udp().build(), DNS_BAD_IP_HEADER},
        {"UDP length 7", ipv4().udp().length(7).payload(ten).build(), DNS_BAD_UDP_LENGTH, DNS_PROTO_UDP},
        {"UDP length 0", ipv6().udp().length(0).payload(ten).build(), DNS_BAD_UDP_LENGTH, DNS_PROTO_UDP},
        {"UDP length above IPv4's", ipv4().udp().length(19).payload(ten).build(), DNS_BAD_UDP_LENGTH,
         DNS_PROTO_UDP},
        {"UDP length above IPv6's", ipv6().udp().length(19).payload(ten).build(), DNS_BAD_UDP_LENGTH,
         DNS_PROTO_UDP},
        {"UDP length below IP's", ipv6().udp().length(12).payload(ten).build(), DNS_OK, DNS_PROTO_UDP,
         14 + 40 + 8, 4},
        {"TCP data offset 4", ipv4().tcp().octet(12, 0x40).payload(ten).build(), DNS_TRUNCATED_PACKET,
         DNS_PROTO_TCP},
        {"TCP header longer than the packet", ipv4().tcp().octet(12, 0xf0).payload(ten).build(),
         DNS_TRUNCATED_PACKET, DNS_PROTO_TCP},
    };
    for (const Case& c : cases) check(c);
}

TEST_CASE("Where the IP header tells no length, TCP takes the packet's") {
    check({"IPv4 total length 0", ipv4().length(0).tcp().payload(ten).build(), DNS_OK, DNS_PROTO_TCP,
           14 + 20 + 20, 10});
    check({"IPv6 payload length 0", ipv6().length(0).tcp().payload(ten).build(), DNS_OK, DNS_PROTO_TCP,
           14 + 40 + 20, 10});
}

TEST_CASE("An IPv4 packet that ends with its header has no TCP header in the padding") {
    check({"total length 20", ipv4().length(20).tcp().payload(ten).build(), DNS_BAD_IP_HEADER});
}

TEST_CASE("A first fragment is read, a later one is counted as fragment") {
    const Case cases[] = {
        {"first of IPv4", ipv4().fragment(0, true).udp().length(4000).payload(ten).build(), DNS_OK,
         DNS_PROTO_UDP, 14 + 20 + 8, 3992},
        {"second of IPv4", ipv4().fragment(185, true).udp().payload(ten).build(), DNS_FRAGMENT},
        {"last of IPv4", ipv4().fragment(370, false).udp().payload(ten).build(), DNS_FRAGMENT},
        {"the smallest offset of IPv4", ipv4().fragment(1, false).udp().build(), DNS_FRAGMENT},
        {"the greatest offset of IPv4", ipv4().fragment(0x1fff, false).udp().build(), DNS_FRAGMENT},
        {"first of IPv6", ipv6().fragment(0, true).udp().length(4000).payload(ten).build(), DNS_OK,
         DNS_PROTO_UDP, 14 + 48 + 8, 3992},
        {"second of IPv6", ipv6().fragment(185, true).udp().payload(ten).build(), DNS_FRAGMENT},
        {"last of IPv6", ipv6().fragment(1, false).udp().payload(ten).build(), DNS_FRAGMENT},
        {"atomic of IPv6 (RFC 6946)", ipv6().fragment(0, false).udp().payload(ten).build(), DNS_OK,
         DNS_PROTO_UDP, 14 + 48 + 8, 10},
        {"atomic of IPv6, wrong UDP length", ipv6().fragment(0, false).udp().length(19).payload(ten).build(),
         DNS_BAD_UDP_LENGTH, DNS_PROTO_UDP},
        {"later fragment of ICMP", ipv4().fragment(185, true).other(1, 8).build(), DNS_FRAME_OTHER},
    };
    for (const Case& c : cases) check(c);
}

TEST_CASE("Each IPv6 extension header that leads on is followed") {
    constexpr uint8_t hop_by_hop = 0, routing = 43, authentication = 51, destination = 60, mobility = 135;
    for (const uint8_t kind : {hop_by_hop, routing, destination, mobility}) {
        check({"8 octets of kind " + std::to_string(kind), ipv6().extension(kind).udp().payload(ten).build(),
               DNS_OK, DNS_PROTO_UDP, 14 + 40 + 8 + 8, 10});
        check({"24 octets of kind " + std::to_string(kind),
               ipv6().extension(kind, 24).tcp().payload(ten).build(), DNS_OK, DNS_PROTO_TCP,
               14 + 40 + 24 + 20, 10});
    }
    check({"authentication header, 24 octets",
           ipv6().extension(authentication, 24).udp().payload(ten).build(), DNS_OK, DNS_PROTO_UDP,
           14 + 40 + 24 + 8, 10});
    check({"all of RFC 8200, 4.1 but ESP",
           ipv6()
               .extension(hop_by_hop)
               .extension(destination)
               .extension(routing)
               .fragment(0, false)
               .extension(authentication, 16)
               .extension(destination)
               .extension(mobility)
               .udp()
               .payload(ten)
               .build(),
           DNS_OK, DNS_PROTO_UDP, 14 + 40 + 6 * 8 + 16 + 8, 10});
}

TEST_CASE("Extension headers beyond the limits are told by their reason") {
    const auto chain = [](size_t count) {
        Packet packet = Packet().ethernet().ipv6();
        for (size_t i = 0; i < count; ++i) packet.extension(60);
        return packet.udp().payload(ten).build();
    };
    check({"eight", chain(DNS_EXTENSIONS_MAX), DNS_OK, DNS_PROTO_UDP, 14 + 40 + 8 * 8 + 8, 10});
    check({"nine", chain(DNS_EXTENSIONS_MAX + 1), DNS_EXTENSION_HEADERS});
    check({"past the least MTU of IPv6", ipv6().extension(60, 1232).udp().payload(ten).build(),
           DNS_EXTENSION_HEADERS});
    check({"up to the least MTU of IPv6", ipv6().extension(60, 1224).udp().payload(ten).build(), DNS_OK,
           DNS_PROTO_UDP, 14 + 40 + 1224 + 8, 10});
    check({"a fragment header within the least MTU",
           ipv6().extension(60, 1224).fragment(1, false).udp().build(), DNS_FRAGMENT});
    check({"longer than the packet's own length",
           ipv6().length(16).extension(60, 16).udp().payload(ten).build(), DNS_BAD_IP_HEADER});
}

TEST_CASE("A fragment after the first is told with its place in the datagram (RFC 791, 3.1; RFC 8200, 4.5)") {
    const Parsed v4 =
        parse(ipv4().octet(4, 0x12).octet(5, 0x34).fragment(185, true).other(17, 0).payload(ten).build());
    REQUIRE(v4.reason == DNS_FRAGMENT);
    CHECK(v4.frame.fragment_at == 185 * 8);
    CHECK(v4.frame.fragment_id == 0x1234);
    CHECK(v4.frame.more_fragments == 1);
    CHECK(v4.frame.payload == 14 + 20);
    CHECK(v4.frame.length == ten.size());
    CHECK(v4.frame.next == 17);

    Packet packet = ipv6().extension(60).fragment(370, false);
    packet.octet(4, 0x12).octet(5, 0x34).octet(6, 0x56).octet(7, 0x78);
    const Parsed v6 = parse(packet.other(17, 0).payload(ten).build());
    REQUIRE(v6.reason == DNS_FRAGMENT);
    CHECK(v6.frame.fragment_at == 370 * 8);
    CHECK(v6.frame.fragment_id == 0x12345678);
    CHECK(v6.frame.more_fragments == 0);
    CHECK(v6.frame.payload == 14 + 40 + 8 + 8);
    CHECK(v6.frame.length == ten.size());
    CHECK(v6.frame.next == 17);
}

TEST_CASE(
    "A SYN without payload begins a connection, one with payload has a number before it (RFC 9293, 3.4)") {
    const auto with = [](uint8_t flags, uint8_t first_of_sequence) {
        return ipv4().tcp().octet(13, flags).octet(4, first_of_sequence).octet(5, 0).octet(6, 0).octet(7, 5);
    };
    constexpr uint8_t syn = 0x02, syn_ack = 0x12, fin_ack = 0x11;
    const Parsed first = parse(with(syn, 0x80).build());
    CHECK(first.reason == DNS_FRAME_SYN);
    CHECK(first.frame.source_port == 40000);
    CHECK(first.frame.destination_port == 53);
    CHECK(first.frame.sequence == 0x80000006);
    CHECK(parse(with(syn_ack, 0).build()).reason == DNS_FRAME_SYN);
    CHECK(parse(with(fin_ack, 0).build()).reason == DNS_FRAME_OTHER);
    const Parsed fast_open = parse(with(syn, 0).payload(ten).build());  // RFC 7413
    CHECK(fast_open.reason == DNS_OK);
    CHECK(fast_open.frame.sequence == 6);
    CHECK(parse(with(0x18, 0).payload(ten).build()).frame.sequence == 5);
    CHECK(parse(ipv4().tcp(1000, 2000).octet(13, syn).build()).reason == DNS_FRAME_OTHER);
}

TEST_CASE("A packet is dismissed unread only if nothing of it counts") {
    const dns_settings settings = settings_for({53});
    const auto dismissed = [&](const Bytes& bytes, uint32_t link = DNS_LINK_ETHERNET) {
        return dns_frame_irrelevant({bytes.data(), bytes.data() + bytes.size()}, link, &settings) != 0;
    };
    CHECK(dismissed(ipv4().udp(1000, 2000).payload(ten).build()));
    CHECK(dismissed(ipv6().tcp(1000, 443).payload(ten).build()));
    CHECK(dismissed(ipv4().other(47, 20).build()));  // GRE
    CHECK(dismissed(Packet().ipv6().udp(1000, 2000).payload(ten).build(), DNS_LINK_IP));
    CHECK(dismissed(Packet().ipv4().tcp(1000, 2000).payload(ten).build(), DNS_LINK_IP));
    CHECK_FALSE(dismissed(ipv4().udp(1000, 53).payload(ten).build()));
    CHECK_FALSE(dismissed(ipv4().udp(53, 1000).payload(ten).build()));
    CHECK_FALSE(dismissed(ipv6().tcp(1000, 53).payload(ten).build()));
    CHECK_FALSE(dismissed(ipv4().other(1, 20).build()));   // ICMP
    CHECK_FALSE(dismissed(ipv6().other(58, 20).build()));  // ICMPv6
    CHECK_FALSE(dismissed(ipv4().fragment(1, false).udp(1000, 2000).payload(ten).build()));
    CHECK_FALSE(dismissed(ipv6().extension(0).udp(1000, 2000).payload(ten).build()));
    CHECK_FALSE(dismissed(Packet().ethernet().vlan(5).ipv4().udp(1000, 2000).payload(ten).build()));
    CHECK_FALSE(dismissed({}));
}

TEST_CASE("Frames without Ethernet begin with their IP header") {
    check({"IPv4", Packet().ipv4().udp().payload(ten).build(), DNS_OK, DNS_PROTO_UDP, 28, 10}, 0);
    check({"IPv6", Packet().ipv6().tcp().payload(ten).build(), DNS_OK, DNS_PROTO_TCP, 60, 10}, 0);
    check({"extension header", Packet().ipv6().extension(0).udp().payload(ten).build(), DNS_OK, DNS_PROTO_UDP,
           56, 10},
          0);
    check({"neither version", Bytes(60), DNS_FRAME_OTHER}, 0);
    check({"nothing", {}, DNS_FRAME_OTHER}, 0);
}

TEST_CASE("No octet past the end is read, wherever the packet is cut") {
    const Bytes packets[] = {
        ipv4().udp().payload(ten).build(),
        Packet()
            .ethernet()
            .vlan(1)
            .vlan(2)
            .vlan(3)
            .ipv4(client4, server4, 10)
            .tcp(53, 9, 10)
            .payload(ten)
            .build(),
        ipv6().extension(0, 16).extension(51, 24).fragment(0, false).udp().payload(ten).build(),
    };
    for (const Bytes& whole : packets) {
        const Parsed full = parse(whole);
        REQUIRE(full.reason == DNS_OK);
        for (size_t length = 0; length < whole.size(); ++length) {
            const Bytes cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(length));
            INFO("cut to " << length << " of " << whole.size());
            for (const uint32_t link : {uint32_t{DNS_LINK_ETHERNET}, uint32_t{DNS_LINK_IP}}) parse(cut, link);
            const Parsed parsed = parse(cut);
            if (length >= full.frame.payload)  // the fixed headers are whole: the promised length is kept
                CHECK(parsed.reason == DNS_OK);
            else if (length > full.frame.network + DNS_IPV6_LENGTH)
                CHECK((parsed.reason == DNS_TRUNCATED_PACKET || parsed.reason == DNS_OK));
            else
                CHECK((parsed.reason == DNS_TRUNCATED_PACKET || parsed.reason == DNS_FRAME_OTHER));
        }
    }
}

TEST_CASE("A packet is on a DNS port when either of its ports is listed") {
    const std::vector<uint16_t> ports = {53, 5353, 8053, 1, 65535, 853, 5355, 54};
    for (const uint16_t port : ports) {
        INFO(port);
        CHECK(parse(ipv4().udp(port, 40000).payload(ten).build(), ethernet_link, ports).reason == DNS_OK);
        CHECK(parse(ipv6().tcp(40000, port).payload(ten).build(), ethernet_link, ports).reason == DNS_OK);
        CHECK(
            parse(ipv4().udp(static_cast<uint16_t>(port + 64), 40000).build(), ethernet_link, ports).reason ==
            DNS_FRAME_OTHER);
    }
    CHECK(parse(ipv4().udp(40000, 53).build(), ethernet_link, {5353}).reason == DNS_FRAME_OTHER);
}

TEST_CASE("Ports and addresses are those of the wire") {
    const Bytes bytes = ipv4().udp(0x1234, 53).payload(ten).build();
    const Parsed parsed = parse(bytes);
    CHECK(parsed.frame.source_port == 0x1234);
    CHECK(parsed.frame.destination_port == 53);

    dns_address source{}, destination{};
    REQUIRE(dns_frame_addresses({bytes.data(), bytes.data() + bytes.size()}, &parsed.frame, &source,
                                &destination));
    const uint8_t mapped[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1};
    CHECK(std::memcmp(&source, mapped, sizeof mapped) == 0);
    CHECK(std::memcmp(reinterpret_cast<const uint8_t*>(&destination) + 12, server4.data(), 4) == 0);
}

TEST_CASE("IPv6 addresses are the sixteen octets of the wire") {
    const Bytes bytes = Packet().ipv6().udp().payload(ten).build();
    const Parsed parsed = parse(bytes, 0);
    dns_address source{}, destination{};
    REQUIRE(dns_frame_addresses({bytes.data(), bytes.data() + bytes.size()}, &parsed.frame, &source,
                                &destination));
    CHECK(std::memcmp(&source, client6.data(), 16) == 0);
    CHECK(std::memcmp(&destination, server6.data(), 16) == 0);
}
