#include "test/kernel/corpus.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "ebpf/dns_abi.h"
#include "test/kernel/kernel.h"
#include "test/support/capture.h"

namespace dnsexp::test {
namespace {

const std::filesystem::path test_folder = std::filesystem::path(DNSEXP_SOURCE_DIR) / "test";

struct NamedMessage {
    std::string name;
    Bytes octets;
};

std::vector<NamedMessage> shaped_messages() {
    const Bytes longest = name_of(DNS_NAME_MAX);
    Bytes ones;
    for (int i = 0; i < 127; ++i) append(ones, {1, 'a'});
    ones.push_back(0);
    return {
        {"query", Dns().id(1).flags(rd).question("www.example.com", 1).build()},
        {"response",
         Dns().id(1).flags(qr | rd | ra).question("www.example.com", 1).answer_a({192, 0, 2, 7}).build()},
        {"mixed case", Dns().id(1).question("wWw.ExAmPlE.cOm", 28).build()},
        {"root", Dns().id(2).question("", 2).build()},
        {"longest name", Dns().id(3).question(longest, 16).build()},
        {"127 labels", Dns().id(4).question(ones, 255).build()},
        {"name too long", Dns().question(name_of(256), 1).build()},
        {"header alone, query", Dns().id(5).build()},
        {"header alone, FORMERR", Dns().id(1).flags(qr | 1).build()},
        {"NXDOMAIN", Dns().id(1).flags(qr | 3).question("www.example.com", 1).build()},
        {"truncated flag", Dns().id(1).flags(qr | tc).question("www.example.com", 1).build()},
        {"every flag", Dns().id(1).flags(0xffff).question("www.example.com", 1).build()},
        {"update", Dns().flags(opcode_bits(5)).question("example.com", 6).build()},
        {"two questions", Dns().question("a.example", 1).raw({1, 'b', 0, 0, 1, 0, 1}).questions(2).build()},
        {"65535 questions", Dns().question("a.example", 1).questions(0xffff).build()},
        {"private type", Dns().question("a.example", 65400).build()},
        {"compressed question", Dns().questions(1).raw({0xc0, 12, 0, 1, 0, 1}).build()},
        {"label type 01", Dns().questions(1).raw({0x41, 1, 0, 0, 1, 0, 1}).build()},
        {"label type 10", Dns().questions(1).raw({0x81, 1, 0, 0, 1, 0, 1}).build()},
        {"question missing", Dns().questions(1).build()},
        {"name unfinished", Dns().questions(1).raw({5, 'a', 'b'}).build()},
        {"class missing", Dns().questions(1).raw({1, 'a', 0, 0, 1}).build()},
        {"EDNS", Dns().question("a.example", 1).raw({0, 0, 41, 16, 0, 0, 0, 0, 0, 0, 0}).build()},
        {"3000 octets", Dns().question("big.example", 16).raw(Bytes(3000, 7)).build()},
        {"empty", {}},
        {"eleven octets", Bytes(11, 1)},
    };
}

void add_frames(const NamedMessage& m, std::vector<NamedPacket>& out) {
    Bytes prefixed;
    append_be16(prefixed, static_cast<uint32_t>(m.octets.size()));
    append(prefixed, m.octets);
    out.push_back({"udp4 " + m.name, Packet().ethernet().ipv4().udp().payload(m.octets).build()});
    out.push_back({"udp6 " + m.name, Packet().ethernet().ipv6().udp(53, 40000).payload(m.octets).build()});
    out.push_back({"tcp4 " + m.name, Packet().ethernet().ipv4().tcp(53, 40000).payload(prefixed).build()});
    out.push_back({"tcp6 " + m.name, Packet().ethernet().ipv6().tcp().payload(prefixed).build()});
    out.push_back({"raw udp4 " + m.name, Packet().ipv4().udp().payload(m.octets).build(), false});
    out.push_back({"raw tcp6 " + m.name, Packet().ipv6().tcp(53, 40000).payload(prefixed).build(), false});
}

Packet extensions(int count) {
    Packet packet;
    packet.ethernet().ipv6();
    for (int i = 0; i < count; ++i) packet.extension(60, 16);
    return packet;
}

void add_odd_frames(std::vector<NamedPacket>& out) {
    const Bytes m = Dns().id(9).question("odd.example", 1).build();
    const auto add = [&](const char* name, Packet packet) {
        out.push_back({name, packet.payload(m).build()});
    };
    add("VLAN", Packet().ethernet().vlan(5).ipv4().udp());
    add("QinQ", Packet().ethernet().vlan(5, 0x88a8).vlan(6).ipv6().udp());
    add("three tags", Packet().ethernet().vlan(5, 0x9100).vlan(6).vlan(7).ipv4().tcp());
    add("four tags", Packet().ethernet().vlan(5).vlan(6).vlan(7).vlan(8).ipv4().udp());
    add("IPv4 options", Packet().ethernet().ipv4(client4, server4, 10).udp());
    add("IPv4 total length 0", Packet().ethernet().ipv4().length(0).udp());
    add("IPv4 total length of its header", Packet().ethernet().ipv4().length(20).udp());
    add("IPv4 header too short", Packet().ethernet().ipv4().octet(0, 0x44).udp());
    add("IPv4 version 6", Packet().ethernet().ipv4().octet(0, 0x65).udp());
    add("first fragment", Packet().ethernet().ipv4().fragment(0, true).udp());
    add("later fragment", Packet().ethernet().ipv4().fragment(185, false).udp());
    add("UDP length 7", Packet().ethernet().ipv4().udp().length(7));
    add("UDP length 65535", Packet().ethernet().ipv4().udp().length(65535));
    add("TCP options", Packet().ethernet().ipv4().tcp(40000, 53, 10));
    add("TCP header too long", Packet().ethernet().ipv4().tcp().octet(12, 0xf0));
    add("TCP header too short", Packet().ethernet().ipv4().tcp().octet(12, 0x40));
    add("other port", Packet().ethernet().ipv4().udp(40000, 5353));
    add("ICMP", Packet().ethernet().ipv4().other(1, 8));
    add("IPv6 jumbo", Packet().ethernet().ipv6().length(0).tcp());
    add("IPv6 ESP", Packet().ethernet().ipv6().extension(50));
    add("IPv6 hop by hop", Packet().ethernet().ipv6().extension(0).udp());
    add("IPv6 routing, authentication", Packet().ethernet().ipv6().extension(43, 24).extension(51, 24).tcp());
    add("IPv6 first fragment", Packet().ethernet().ipv6().fragment(0, true).udp());
    add("IPv6 later fragment", Packet().ethernet().ipv6().fragment(185, true).udp());
    add("IPv6 eight extensions", extensions(8).udp());
    add("IPv6 nine extensions", extensions(9).udp());
    add("IPv6 extension of 2048 octets", Packet().ethernet().ipv6().extension(60, 2048).udp());
    out.push_back({"ARP", Packet().ethernet().vlan(1, 0x0806).payload(m).build()});
    out.push_back({"padded frame", Packet().ethernet().ipv4().udp().payload(Bytes(12)).padding(30).build()});
}

void add_stored(const std::string& name, Bytes octets, bool ethernet, std::vector<NamedPacket>& out) {
    if (octets.size() >= kLeastPacket && octets.size() <= kMostLinear)
        out.push_back({name, std::move(octets), ethernet});
}

void add_captures(std::vector<NamedPacket>& out) {
    for (const auto& file : std::filesystem::directory_iterator(test_folder / "golden" / "captures")) {
        const std::string name = file.path().filename();
        const Status status = read_capture(file.path(), [&](const CapturedPacket& packet) {
            add_stored(name, Bytes(packet.octets.begin(), packet.octets.end()), packet.ethernet, out);
        });
        if (!status) FAIL(status.error().message());
    }
}

void add_fuzz_corpus(std::vector<NamedPacket>& out) {
    const auto folder = test_folder / "fuzz" / "corpus";
    if (!std::filesystem::is_directory(folder)) return;
    for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
        if (!file.is_regular_file()) continue;
        std::ifstream stream(file.path(), std::ios::binary);
        const Bytes octets{std::istreambuf_iterator<char>(stream), {}};
        const std::string name = file.path().filename();
        add_stored("frame " + name, octets, true, out);
        add_stored("raw " + name, octets, false, out);
        add_stored("udp " + name, Packet().ethernet().ipv4().udp().payload(octets).build(), true, out);
        add_stored("tcp " + name, Packet().ethernet().ipv6().tcp().payload(octets).build(), true, out);
    }
}

}  // namespace

Bytes name_of(size_t octets) {
    constexpr size_t longest_label = 63;  // RFC 1035, 2.3.4
    Bytes name;
    for (size_t left = octets - 1; left != 0;) {
        size_t label = std::min(longest_label, left - 1);
        if (left - label - 1 == 1) --label;  // one octet alone is no label
        name.push_back(static_cast<uint8_t>(label));
        name.insert(name.end(), label, 'x');
        left -= label + 1;
    }
    name.push_back(0);
    return name;
}

std::vector<NamedPacket> shaped_packets() {
    std::vector<NamedPacket> packets;
    for (const NamedMessage& message : shaped_messages()) add_frames(message, packets);
    add_odd_frames(packets);
    return packets;
}

std::vector<NamedPacket> stored_packets() {
    std::vector<NamedPacket> packets;
    add_captures(packets);
    add_fuzz_corpus(packets);
    return packets;
}

Bytes mutate(Bytes packet, std::mt19937_64& random) {
    const auto below = [&](size_t n) { return static_cast<size_t>(random() % n); };
    const size_t changes = 1 + below(4);
    for (size_t i = 0; i < changes; ++i) {
        const auto at = packet.begin() + static_cast<std::ptrdiff_t>(below(packet.size()));
        switch (below(6)) {
            case 0:
                *at = static_cast<uint8_t>(random());
                break;
            case 1:
                *at ^= static_cast<uint8_t>(1U << below(8));
                break;
            case 2:
                *at = below(2) != 0 ? 0xff : 0;
                break;
            case 3:
                packet.insert(at, static_cast<uint8_t>(random()));
                break;
            case 4:
                packet.erase(at);
                break;
            default:
                packet.erase(at, packet.end());
                break;
        }
        if (packet.size() < kLeastPacket) packet.resize(kLeastPacket);
    }
    if (packet.size() > kMostLinear) packet.resize(kMostLinear);
    return packet;
}

}  // namespace dnsexp::test
