#include "test/bench/packets.h"

#include <utility>

namespace dnsexp::bench {
namespace {

using test::Bytes;
using test::Dns;
using test::Packet;

constexpr uint16_t kDnsPort = 53, kHttpsPort = 443, kVxlanPort = 4789;
constexpr uint16_t kFirstClientPort = 20000, kClientPorts = 40000;
constexpr size_t kEthernet = 14, kIpv4 = 20, kIpv6 = 40, kUdp = 8, kTcp = 20, kTcpPrefix = 2;
constexpr size_t kAdditionalCountAt = 11;  // low octet of ARCOUNT (RFC 1035, 4.1.1)
constexpr uint16_t kTypeA = 1;

enum class Ip { v4, v6 };
enum class Transport { udp, tcp };

// The message with an OPT record: root name, type 41, payload size 1232, no options (RFC 6891, 6.1.2).
Bytes with_edns(const Dns& message, Transport transport) {
    Dns extended = message;
    extended.raw({0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0});
    Bytes octets = transport == Transport::tcp ? extended.build_tcp() : extended.build();
    octets[(transport == Transport::tcp ? kTcpPrefix : 0) + kAdditionalCountAt] = 1;
    return octets;
}

Frame dns_frame(Ip ip, Transport transport, bool query, Bytes message) {
    Packet packet;
    packet.ethernet();
    if (ip == Ip::v4)
        query ? packet.ipv4() : packet.ipv4(test::server4, test::client4);
    else
        query ? packet.ipv6() : packet.ipv6(test::server6, test::client6);
    const uint16_t source = query ? kFirstClientPort : kDnsPort;
    const uint16_t destination = query ? kDnsPort : kFirstClientPort;
    transport == Transport::udp ? packet.udp(source, destination) : packet.tcp(source, destination);
    const size_t ports_at = kEthernet + (ip == Ip::v4 ? kIpv4 : kIpv6);
    const size_t id_at = ports_at + (transport == Transport::udp ? kUdp : kTcp + kTcpPrefix);
    const auto length = static_cast<uint32_t>(message.size());
    Frame frame{packet.payload(std::move(message)).build(), id_at, ports_at + (query ? 0 : 2)};
    if (transport == Transport::tcp) {
        frame.sequence_at = ports_at + 4;  // RFC 9293, 3.1
        frame.payload = length;
    }
    return frame;
}

Exchange exchange(const char* name, Ip ip, Transport transport, std::string_view qname) {
    Dns query, response;
    query.flags(test::rd).question(qname, kTypeA);
    response.flags(test::qr | test::rd | test::ra).question(qname, kTypeA);
    response.answer_a({192, 0, 2, 80}).answer_a({192, 0, 2, 81}, 2);
    return {name, dns_frame(ip, transport, true, with_edns(query, transport)),
            dns_frame(ip, transport, false, with_edns(response, transport))};
}

// 200 characters: three labels of nearly the longest kind before a usual name.
std::string long_name() {
    constexpr size_t kLabel = 62;
    std::string name;
    for (char letter = 'a'; letter <= 'c'; letter++) name += std::string(kLabel, letter) + ".";
    return name + "example.com";
}

void put16(Bytes& octets, size_t at, uint32_t value) {
    octets[at] = static_cast<uint8_t>(value >> 8);
    octets[at + 1] = static_cast<uint8_t>(value);
}

}  // namespace

std::vector<OtherPacket> other_packets() {
    constexpr size_t kTcpPayload = 512, kUdpPayload = 128;
    constexpr uint8_t kFiller = 0x5a;
    return {
        {"tcp443",
         {Packet()
              .ethernet()
              .ipv4()
              .tcp(kFirstClientPort, kHttpsPort)
              .payload(Bytes(kTcpPayload, kFiller))
              .build()}},
        {"udp4789",
         {Packet()
              .ethernet()
              .ipv4()
              .udp(kFirstClientPort, kVxlanPort)
              .payload(Bytes(kUdpPayload, kFiller))
              .build()}},
    };
}

std::vector<Exchange> exchanges() {
    return {
        exchange("a", Ip::v4, Transport::udp, "www.example.com"),
        exchange("a-200-octet-name", Ip::v4, Transport::udp, long_name()),
        exchange("a-ipv6", Ip::v6, Transport::udp, "www.example.com"),
        exchange("a-tcp", Ip::v4, Transport::tcp, "www.example.com"),
    };
}

void set_transaction(Frame& frame, uint32_t n) {
    // An odd factor makes the id run through all 65,536 values; each further time round, the ports are
    // shifted by one.
    constexpr uint32_t kOdd = 40503;
    put16(frame.octets, frame.id_at, n * kOdd & 0xffff);
    const uint32_t shifted = n + (n >> 16);
    put16(frame.octets, frame.client_port_at, kFirstClientPort + shifted % kClientPorts);
    if (frame.sequence_at == 0) return;
    const uint32_t sequence = shifted / kClientPorts * frame.payload;
    put16(frame.octets, frame.sequence_at, sequence >> 16);
    put16(frame.octets, frame.sequence_at + 2, sequence & 0xffff);
}

}  // namespace dnsexp::bench
