#include "ebpf/dns_tunnel.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "test/support/dual_settings.h"
#include "test/support/packet_builder.h"

using namespace dnsexp::test;

namespace {

constexpr uint32_t every_tunnel =
    DNS_TUNNEL_GRE | DNS_TUNNEL_IPIP | DNS_TUNNEL_PPPOE | DNS_TUNNEL_VXLAN | DNS_TUNNEL_GENEVE;
constexpr uint8_t gre = 47, ip_in_ip = 4, ipv6_in_ip = 41;

struct Parsed {
    uint32_t reason;
    dns_frame frame;
};

// As the hooks do it: the outer packet, and where that is nothing the one inside.
Parsed parse(const Bytes& bytes, uint32_t tunnels = every_tunnel, uint32_t link = DNS_LINK_ETHERNET) {
    dns_settings settings = settings_for({53});
    settings.tunnels = tunnels;
    const dns_packet packet{bytes.data(), bytes.data() + bytes.size()};
    const auto length = static_cast<uint32_t>(bytes.size());
    Parsed parsed{};
    parsed.reason = dns_frame_parse(packet, length, link, &settings, &parsed.frame);
    if (parsed.reason == DNS_FRAME_OTHER && dns_tunnel_open(packet, &settings, &parsed.frame))
        parsed.reason = dns_frame_parse_at(packet, length, parsed.frame.link, parsed.frame.start, &settings,
                                           &parsed.frame);
    return parsed;
}

constexpr Address4 inner_client{198, 51, 100, 1}, inner_server{198, 51, 100, 53};  // RFC 5737
const Bytes ten = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

Bytes inner4() {
    return Packet().ipv4(inner_client, inner_server).udp(40000, 53).payload(ten).build();
}
Bytes inner6() {
    return Packet().ipv6().udp(40000, 53).payload(ten).build();
}
Bytes inner_ethernet() {
    return Packet().ethernet().vlan(7).ipv4(inner_client, inner_server).udp(40000, 53).payload(ten).build();
}

Bytes joined(Bytes header, const Bytes& inner) {
    append(header, inner);
    return header;
}

// RFC 2784, 2.1 and RFC 2890, 2: flags and version, protocol, and a word for each of checksum, key and
// sequence number.
Bytes in_gre(uint16_t flags, uint16_t protocol, const Bytes& inner, size_t words = 0) {
    Bytes header;
    append_be16(header, flags);
    append_be16(header, protocol);
    header.resize(4 + 4 * words, 0x5a);
    return joined(header, inner);
}
// RFC 7348, 5: flags with I, reserved, network identifier, reserved.
Bytes in_vxlan(const Bytes& inner, uint8_t flags = 0x08) {
    return joined({flags, 0, 0, 0, 0, 0x12, 0x34, 0}, inner);
}
// RFC 8926, 3.4: version and words of options, flags, protocol, network identifier, reserved.
Bytes in_geneve(uint16_t protocol, const Bytes& inner, uint8_t first = 0, uint8_t flags = 0) {
    Bytes header = {first, flags};
    append_be16(header, protocol);
    header.resize(8 + size_t{first & 63U} * 4, 0x5a);
    return joined(header, inner);
}
// RFC 2516, 4: version and type, code, session, length, PPP's protocol.
Bytes in_pppoe(uint16_t protocol, const Bytes& inner, uint8_t version_type = 0x11, uint8_t code = 0) {
    Bytes header = {version_type, code, 0, 1};
    append_be16(header, static_cast<uint32_t>(inner.size() + 2));
    append_be16(header, protocol);
    return joined(header, inner);
}

Bytes over_ip(uint8_t protocol, const Bytes& octets) {
    return Packet().ethernet().ipv4().other(protocol, 0).payload(octets).build();
}
Bytes over_udp(uint16_t port, const Bytes& octets) {
    return Packet().ethernet().ipv4().udp(50000, port).payload(octets).build();
}
Bytes over_ethernet(uint16_t type, const Bytes& octets) {
    Bytes frame(12, 0x02);
    append_be16(frame, type);
    return joined(frame, octets);
}

struct Case {
    std::string name;
    Bytes bytes;
    uint32_t tunnel;
};

std::vector<Case> selected_cases() {
    return {
        {"GRE", over_ip(gre, in_gre(0, 0x0800, inner4())), DNS_TUNNEL_GRE},
        {"GRE of IPv6", over_ip(gre, in_gre(0, 0x86dd, inner6())), DNS_TUNNEL_GRE},
        {"GRE of Ethernet", over_ip(gre, in_gre(0, 0x6558, inner_ethernet())), DNS_TUNNEL_GRE},
        {"GRE with a checksum", over_ip(gre, in_gre(0x8000, 0x0800, inner4(), 1)), DNS_TUNNEL_GRE},
        {"GRE with a key", over_ip(gre, in_gre(0x2000, 0x0800, inner4(), 1)), DNS_TUNNEL_GRE},
        {"GRE with a sequence number", over_ip(gre, in_gre(0x1000, 0x0800, inner4(), 1)), DNS_TUNNEL_GRE},
        {"GRE with the bits that are to be ignored", over_ip(gre, in_gre(0x03f8, 0x0800, inner4())),
         DNS_TUNNEL_GRE},
        {"GRE with all of them", over_ip(gre, in_gre(0xb000, 0x0800, inner4(), 3)), DNS_TUNNEL_GRE},
        {"GRE over IPv6",
         Packet().ethernet().ipv6().other(gre, 0).payload(in_gre(0, 0x0800, inner4())).build(),
         DNS_TUNNEL_GRE},
        {"IPv4 in IPv4", over_ip(ip_in_ip, inner4()), DNS_TUNNEL_IPIP},
        {"IPv6 in IPv4", over_ip(ipv6_in_ip, inner6()), DNS_TUNNEL_IPIP},
        {"IPv4 in IPv6 behind an extension header (RFC 2473, 4.1)",
         Packet().ethernet().ipv6().extension(60).other(ip_in_ip, 0).payload(inner4()).build(),
         DNS_TUNNEL_IPIP},
        {"IPv4 behind options",
         Packet().ethernet().ipv4(client4, server4, 3).other(ip_in_ip, 0).payload(inner4()).build(),
         DNS_TUNNEL_IPIP},
        {"PPPoE", over_ethernet(0x8864, in_pppoe(0x0021, inner4())), DNS_TUNNEL_PPPOE},
        {"PPPoE of IPv6", over_ethernet(0x8864, in_pppoe(0x0057, inner6())), DNS_TUNNEL_PPPOE},
        {"VXLAN", over_udp(4789, in_vxlan(inner_ethernet())), DNS_TUNNEL_VXLAN},
        {"VXLAN on Linux's port", over_udp(8472, in_vxlan(inner_ethernet())), DNS_TUNNEL_VXLAN},
        {"GENEVE", over_udp(6081, in_geneve(0x6558, inner_ethernet())), DNS_TUNNEL_GENEVE},
        {"GENEVE of IPv4", over_udp(6081, in_geneve(0x0800, inner4())), DNS_TUNNEL_GENEVE},
        {"GENEVE with the most options", over_udp(6081, in_geneve(0x86dd, inner6(), 63)), DNS_TUNNEL_GENEVE},
    };
}

}  // namespace

TEST_CASE("A message is found in a tunnel that is selected, and in no other") {
    for (const Case& c : selected_cases()) {
        INFO(c.name);
        const Parsed parsed = parse(c.bytes, c.tunnel);
        CHECK(parsed.reason == DNS_OK);
        CHECK(parsed.frame.source_port == 40000);
        CHECK(parsed.frame.payload == c.bytes.size() - ten.size());
        CHECK(parsed.frame.length == ten.size());
        CHECK(parse(c.bytes, every_tunnel).reason == DNS_OK);
        CHECK(parse(c.bytes, every_tunnel & ~c.tunnel).reason == DNS_FRAME_OTHER);
        CHECK(parse(c.bytes, 0).reason == DNS_FRAME_OTHER);
    }
}

TEST_CASE("The ends of a message in a tunnel are those of the packet inside") {
    const Bytes bytes = over_ip(ip_in_ip, inner4());
    const Parsed parsed = parse(bytes);
    dns_address source{}, destination{};
    REQUIRE(dns_frame_addresses({bytes.data(), bytes.data() + bytes.size()}, &parsed.frame, &source,
                                &destination));
    CHECK(std::memcmp(reinterpret_cast<const uint8_t*>(&source) + 12, inner_client.data(), 4) == 0);
    CHECK(std::memcmp(reinterpret_cast<const uint8_t*>(&destination) + 12, inner_server.data(), 4) == 0);
}

TEST_CASE("A packet that may hold a tunnel is not dismissed where tunnels are selected") {
    for (const Case& c : selected_cases()) {
        INFO(c.name);
        dns_settings settings = settings_for({53});
        const dns_packet packet{c.bytes.data(), c.bytes.data() + c.bytes.size()};
        settings.tunnels = c.tunnel;
        CHECK_FALSE(dns_frame_irrelevant(packet, DNS_LINK_ETHERNET, &settings));
    }
}

TEST_CASE("What can't be a tunnel's header is not looked behind") {
    const std::pair<const char*, Bytes> cases[] = {
        {"GRE with source routing (RFC 1701)", over_ip(gre, in_gre(0x4000, 0x0800, inner4()))},
        {"GRE with reserved bit 4 (RFC 2784)", over_ip(gre, in_gre(0x0800, 0x0800, inner4()))},
        {"GRE with reserved bit 5 (RFC 2784)", over_ip(gre, in_gre(0x0400, 0x0800, inner4()))},
        {"GRE version 1, PPTP's (RFC 2637)", over_ip(gre, in_gre(0x2001, 0x880b, inner4(), 1))},
        {"GRE version 1 of IPv4", over_ip(gre, in_gre(1, 0x0800, inner4()))},
        {"GRE of another protocol", over_ip(gre, in_gre(0, 0x8847, inner4()))},
        {"VXLAN without a network identifier", over_udp(4789, in_vxlan(inner_ethernet(), 0))},
        {"VXLAN on another port", over_udp(4790, in_vxlan(inner_ethernet()))},
        {"GENEVE version 1", over_udp(6081, in_geneve(0x6558, inner_ethernet(), 0x40))},
        {"GENEVE of control", over_udp(6081, in_geneve(0x6558, inner_ethernet(), 0, 0x80))},
        {"GENEVE of another protocol", over_udp(6081, in_geneve(0x8847, inner4()))},
        {"PPPoE version 2", over_ethernet(0x8864, in_pppoe(0x0021, inner4(), 0x21))},
        {"PPPoE that is no session data", over_ethernet(0x8864, in_pppoe(0x0021, inner4(), 0x11, 0xa7))},
        {"PPP's link control", over_ethernet(0x8864, in_pppoe(0xc021, inner4()))},
        {"PPPoE discovery", over_ethernet(0x8863, in_pppoe(0x0021, inner4()))},
        {"a later fragment",
         Packet().ethernet().ipv4().fragment(8, false).other(ip_in_ip, 0).payload(inner4()).build()},
    };
    for (const auto& [name, bytes] : cases) {
        INFO(name);
        CHECK(parse(bytes).reason == DNS_FRAME_OTHER);
    }
}

TEST_CASE("A later fragment has no header behind it to look for, whatever the frame begins with") {
    // Its Ethernet addresses look like an IPv4 header, and its fragment offset, 53 * 8, like the port behind
    // that.
    const Bytes bytes = Packet()
                            .ethernet()
                            .octet(0, 0x45)
                            .octet(2, 0)
                            .octet(3, 60)
                            .octet(6, 0)
                            .octet(7, 0)
                            .octet(9, 17)
                            .ipv4()
                            .octet(10, 0)
                            .octet(11, 20)
                            .fragment(53, false)
                            .other(ip_in_ip, 0)
                            .payload(inner4())
                            .build();
    CHECK(parse(bytes, every_tunnel, DNS_LINK_IP).reason == DNS_OK);  // so it does look
    CHECK(parse(bytes).reason == DNS_FRAME_OTHER);
}

TEST_CASE("Only one tunnel is opened, and inside it only what is on a listed port counts") {
    const Bytes twice = Packet().ipv4().other(ip_in_ip, 0).payload(inner4()).build();
    CHECK(parse(over_ip(ip_in_ip, twice)).reason == DNS_FRAME_OTHER);
    const Bytes elsewhere = Packet().ipv4().udp(1000, 2000).payload(ten).build();
    CHECK(parse(over_ip(ip_in_ip, elsewhere)).reason == DNS_FRAME_OTHER);
    // What the outer packet is comes first: here a datagram on port 53.
    CHECK(parse(Packet().ethernet().ipv4().udp(53, 4789).payload(in_vxlan(inner_ethernet())).build())
              .frame.length == in_vxlan(inner_ethernet()).size());
}

TEST_CASE("A packet in a tunnel that can't be read is told by its reason") {
    const Bytes fragment = Packet().ipv4().fragment(8, false).udp().payload(ten).build();
    CHECK(parse(over_ip(ip_in_ip, fragment)).reason == DNS_FRAGMENT);
    const Bytes bad_length = Packet().ipv4().udp().length(7).payload(ten).build();
    CHECK(parse(over_ip(ip_in_ip, bad_length)).reason == DNS_BAD_UDP_LENGTH);
}

TEST_CASE("A tunnel is opened where packets begin with their IP header too") {
    const Bytes bytes = Packet().ipv4().other(gre, 0).payload(in_gre(0, 0x6558, inner_ethernet())).build();
    CHECK(parse(bytes, DNS_TUNNEL_GRE, DNS_LINK_IP).reason == DNS_OK);
}

TEST_CASE("A connection that begins in a tunnel is seen") {
    const Bytes syn = Packet().ipv4().tcp(40000, 53).octet(13, 0x02).build();
    CHECK(parse(over_ip(ip_in_ip, syn)).reason == DNS_FRAME_SYN);
}

TEST_CASE("No octet past the end of a tunnelled packet is read, wherever it is cut") {
    for (const Case& c : selected_cases()) {
        const size_t payload = c.bytes.size() - ten.size();
        for (size_t length = 0; length < c.bytes.size(); ++length) {
            const Bytes cut(c.bytes.begin(), c.bytes.begin() + static_cast<ptrdiff_t>(length));
            const uint32_t reason = parse(cut).reason;
            if (length < payload && reason != DNS_FRAME_OTHER && reason != DNS_TRUNCATED_PACKET)
                FAIL(c.name << " cut to " << length << " is taken for " << reason);
        }
    }
}
