#include <catch2/catch.hpp>
#include <cstring>

#include "ebpf/dns_frame.h"
#include "test/support/dual_settings.h"
#include "test/support/packet_builder.h"

using namespace dnsexp::test;

namespace {

const Bytes ten = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

// What is read at one go is what is read step by step, addresses included; and it says so for plain UDP
// alone.
void check_plain(const Bytes& ip_packet, bool expected) {
    const dns_settings settings = settings_for({53});
    const dns_packet packet{ip_packet.data(), ip_packet.data() + ip_packet.size()};
    dns_frame frame{};
    dns_address source{}, destination{}, same_source{}, same_destination{};
    const uint32_t reason = dns_frame_plain(packet, &settings, &frame, &source, &destination);
    CHECK(reason == (expected ? uint32_t{DNS_OK} : uint32_t{DNS_FRAME_OTHER}));
    if (reason != DNS_OK) return;
    dns_frame stepwise{};
    CHECK(dns_frame_parse(packet, static_cast<uint32_t>(ip_packet.size()), DNS_LINK_IP, &settings,
                          &stepwise) == DNS_OK);
    CHECK(uint32_t{frame.ip} == stepwise.ip);
    CHECK(uint32_t{frame.protocol} == stepwise.protocol);
    CHECK(uint32_t{frame.transport} == stepwise.transport);
    CHECK(uint32_t{frame.source_port} == stepwise.source_port);
    CHECK(uint32_t{frame.destination_port} == stepwise.destination_port);
    CHECK(frame.payload == stepwise.payload);
    CHECK(frame.length == stepwise.length);
    CHECK(frame.more_fragments == stepwise.more_fragments);
    REQUIRE(dns_frame_addresses(packet, &stepwise, &same_source, &same_destination));
    CHECK(std::memcmp(&source, &same_source, sizeof source) == 0);
    CHECK(std::memcmp(&destination, &same_destination, sizeof destination) == 0);
}

}  // namespace

TEST_CASE("A plain datagram is read at one go, and nothing else") {
    const Packet four = Packet().ipv4(), six = Packet().ipv6();
    check_plain(Packet(four).udp().payload(ten).build(), true);
    check_plain(Packet(six).udp().payload(ten).build(), true);
    check_plain(Packet(four).udp().build(), true);
    check_plain(Packet(four).udp().payload({7}).padding(17).build(), true);
    check_plain(Packet(six).udp().length(12).payload(ten).build(), true);
    check_plain(Packet(four).udp(40000, 5353).payload(ten).build(), false);
    check_plain(Packet(six).udp(40000, 5353).payload(ten).build(), false);
    check_plain(Packet(four).udp().length(7).payload(ten).build(), false);
    check_plain(Packet(four).udp().length(19).payload(ten).build(), false);
    check_plain(Packet(six).udp().length(19).payload(ten).build(), false);
    check_plain(Packet().ipv4().length(0).udp().payload(ten).build(), false);
    check_plain(Packet().ipv4(client4, server4, 1).udp().payload(ten).build(), false);
    check_plain(Packet().ipv4().octet(6, 0x20).udp().payload(ten).build(), false);  // the first fragment
    check_plain(Packet().ipv4().octet(7, 1).udp().payload(ten).build(), false);     // a later one
    for (const Packet& of : {four, six})  // with a sequence number that could be a datagram's length
        check_plain(Packet(of).tcp().octet(4, 0).octet(5, 12).payload(ten).build(), false);
    check_plain(Packet().ipv6().extension(60).udp().payload(ten).build(), false);
    check_plain(Packet().ipv4().octet(0, 0x55).udp().payload(ten).build(), false);
    const Bytes whole = Packet(six).udp().build();
    for (size_t cut = 0; cut < whole.size(); ++cut)
        check_plain(Bytes(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(cut)), false);
}
