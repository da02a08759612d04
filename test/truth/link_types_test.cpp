// Hand-made captures of one or two packets, one for each link type. The numbers of link types and the headers
// are those of www.tcpdump.org/linktypes.html.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "test/support/capture.h"

using namespace dnsexp;
using namespace dnsexp::test;

namespace {

using Bytes = std::vector<uint8_t>;

Bytes operator+(Bytes one, const Bytes& other) {
    one.insert(one.end(), other.begin(), other.end());
    return one;
}

void append_le32(Bytes& out, uint32_t value) {
    for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<uint8_t>(value >> shift));
}

struct Seen {
    uint64_t number;
    uint32_t length;
    bool ethernet;
    Bytes octets;
    bool operator==(const Seen&) const = default;
};

struct Capture {
    Status status = ok();
    std::vector<Seen> packets;
};

// A capture of the classic format (draft-ietf-opsawg-pcap), little-endian, `cut` octets of each packet
// missing.
Capture read_back(uint32_t link_type, const std::vector<Bytes>& packets, uint32_t cut = 0) {
    Bytes file = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0};
    for (const uint32_t field : {0u, 0u, 65535u, link_type}) append_le32(file, field);
    for (const Bytes& packet : packets) {
        const auto size = static_cast<uint32_t>(packet.size());
        for (const uint32_t field : {0x80000001u, 2u, size - cut, size}) append_le32(file, field);
        file = file + Bytes(packet.begin(), packet.end() - cut);
    }
    const auto path = std::filesystem::temp_directory_path() / ("link_types_" + std::to_string(getpid()));
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
    Capture capture;
    capture.status = read_capture(path, [&](const CapturedPacket& p) {
        CHECK(p.time_ns == 2147483649'000'002'000);  // 2^31 + 1 seconds, two microseconds
        capture.packets.push_back({p.number, p.length, p.ethernet, {p.octets.begin(), p.octets.end()}});
    });
    std::filesystem::remove(path);
    return capture;
}

const Bytes ipv4 = {0x45, 0, 0, 20, 1, 2, 3, 4};
const Bytes ipv6 = {0x60, 0, 0, 0, 5, 6, 7, 8};

struct Link {
    const char* description;
    uint32_t type;
    Bytes before_ipv4, before_ipv6, before_other;
};

Bytes sll(uint8_t high, uint8_t low) {
    return Bytes{0, 0, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0} + Bytes{high, low};
}
Bytes sll2(uint8_t high, uint8_t low) {
    return Bytes{high, low} + Bytes{0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0};
}
Bytes fddi(uint8_t high, uint8_t low) {
    return Bytes{0x50} + Bytes(12, 0x11) + Bytes{0xaa, 0xaa, 3, 0, 0, 0} + Bytes{high, low};
}

const std::vector<Link> links = {
    {"Linux cooked", 113, sll(8, 0), sll(0x86, 0xdd), sll(8, 6)},
    {"Linux cooked v2", 276, sll2(8, 0), sll2(0x86, 0xdd), sll2(8, 6)},
    {"BSD null, little-endian, Darwin", 0, {2, 0, 0, 0}, {30, 0, 0, 0}, {1, 0, 0, 0}},
    {"BSD null, big-endian, FreeBSD", 0, {0, 0, 0, 2}, {0, 0, 0, 28}, {0, 0, 0, 16}},
    {"BSD null, OpenBSD", 0, {2, 0, 0, 0}, {24, 0, 0, 0}, {2, 0, 0, 2}},
    {"OpenBSD loopback, Linux", 108, {0, 0, 0, 2}, {0, 0, 0, 10}, {0, 1, 0, 2}},
    {"FDDI", 10, fddi(8, 0), fddi(0x86, 0xdd), fddi(0x60, 2)},
    {"FDDI, not SNAP", 10, fddi(8, 0), fddi(0x86, 0xdd),
     Bytes(13, 0x11) + Bytes{0x42, 0x42, 3, 0, 0, 0, 8, 0}},
    {"PPP", 9, {0xff, 3, 0, 0x21}, {0xff, 3, 0, 0x57}, {0xff, 3, 0xc0, 0x21}},
    {"PPP without address and control", 9, {0, 0x21}, {0, 0x57}, {0x80, 0x21}},
    {"PPP, all compressed", 9, {0x21}, {0x57}, {0x23}},
};

}  // namespace

TEST_CASE("A packet without Ethernet is handed on from its IP header") {
    for (const Link& link : links) {
        INFO(link.description);
        const Capture capture = read_back(
            link.type, {link.before_ipv4 + ipv4, link.before_other + ipv4, link.before_ipv6 + ipv6});
        CHECK(capture.status);
        // The packet of another protocol is skipped, and yet has its number.
        CHECK(capture.packets == std::vector<Seen>{{1, 8, false, ipv4}, {3, 8, false, ipv6}});
    }
}

TEST_CASE("A packet that ends inside its link header is skipped") {
    for (const Link& link : links) {
        INFO(link.description);
        const auto cut = static_cast<uint32_t>(ipv4.size() + 1);
        CHECK(read_back(link.type, {link.before_ipv4 + ipv4}, cut).packets.empty());
    }
}

TEST_CASE("Raw IP is handed on as it is, cut packets with their length on the wire") {
    for (const uint32_t type : {12u, 101u, 228u}) {
        INFO(type);
        const Capture capture = read_back(type, {ipv4, ipv6}, 3);
        const Bytes first(ipv4.begin(), ipv4.end() - 3), second(ipv6.begin(), ipv6.end() - 3);
        CHECK(capture.packets == std::vector<Seen>{{1, 8, false, first}, {2, 8, false, second}});
    }
}

TEST_CASE("On a raw IPv6 link, a packet that is no IPv6 is skipped") {
    CHECK(read_back(229, {ipv4, {}, ipv6}).packets == std::vector<Seen>{{3, 8, false, ipv6}});
}

TEST_CASE("Lengths on the wire don't count the link header") {
    const Capture capture = read_back(113, {sll(8, 0) + ipv4}, 2);
    CHECK(capture.packets == std::vector<Seen>{{1, 8, false, Bytes(ipv4.begin(), ipv4.end() - 2)}});
}

TEST_CASE("Ethernet keeps its header") {
    const Bytes arp = Bytes(12, 0xff) + Bytes{8, 6, 0, 1};
    CHECK(read_back(1, {arp}).packets == std::vector<Seen>{{1, 16, true, arp}});
}

TEST_CASE("Another link type is an error that names it") {
    const Capture capture = read_back(105, {ipv4});  // IEEE 802.11
    REQUIRE(!capture.status);
    CHECK(capture.status.error().message().find("link type 105") != std::string::npos);
    CHECK(capture.packets.empty());
}

TEST_CASE("A file that ends inside a packet is an error, after what was whole") {
    const auto path = std::filesystem::temp_directory_path() / ("link_types_cut_" + std::to_string(getpid()));
    Bytes file = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0};
    for (const uint32_t field : {0u, 0u, 65535u, 101u, 1u, 2u, 8u, 8u}) append_le32(file, field);
    file = file + ipv4;
    for (const uint32_t field : {1u, 2u, 8u, 8u}) append_le32(file, field);
    file = file + Bytes(ipv4.begin(), ipv4.end() - 1);
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
    size_t packets = 0;
    CHECK(!read_capture(path, [&](const CapturedPacket&) { ++packets; }));
    CHECK(packets == 1);
    std::filesystem::remove(path);
}
