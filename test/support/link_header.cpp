#include "test/support/link_header.h"

#include <pcap/pcap.h>

#include <algorithm>
#include <array>

namespace dnsexp::test {
namespace {

using Octets = std::span<const uint8_t>;

// EtherTypes (IEEE registry) and PPP protocol numbers (RFC 1332, RFC 5072) of IP.
constexpr uint32_t ethertype_ipv4 = 0x0800, ethertype_ipv6 = 0x86dd;
constexpr uint32_t ppp_ipv4 = 0x21, ppp_ipv6 = 0x57;

// Address families as the systems number them: 2 everywhere for IPv4; for IPv6 Linux, NetBSD and OpenBSD,
// FreeBSD, Darwin (www.tcpdump.org/linktypes.html, LINKTYPE_NULL).
constexpr std::array<uint32_t, 5> ip_families = {2, 10, 24, 28, 30};

uint32_t be16(Octets octets, size_t at) {
    return static_cast<uint32_t>(octets[at] << 8 | octets[at + 1]);
}

bool is_ip_ethertype(uint32_t type) {
    return type == ethertype_ipv4 || type == ethertype_ipv6;
}

// A header of fixed length with an EtherType in it.
std::optional<size_t> behind_ethertype(Octets packet, size_t type_at, size_t header) {
    if (packet.size() < header || !is_ip_ethertype(be16(packet, type_at))) return std::nullopt;
    return header;
}

// The address family in four octets, in the order of the host that captured: below 256, it is at one of the
// ends, and the rest is 0.
std::optional<size_t> behind_family(Octets packet) {
    constexpr size_t header = 4;
    if (packet.size() < header || packet[1] != 0 || packet[2] != 0 || (packet[0] != 0 && packet[3] != 0))
        return std::nullopt;
    const uint32_t family = packet[0] != 0 ? packet[0] : packet[3];
    const bool is_ip = std::find(ip_families.begin(), ip_families.end(), family) != ip_families.end();
    return is_ip ? std::optional(header) : std::nullopt;
}

// Frame control and two addresses, then LLC and SNAP (RFC 1188): AA AA 03, organisation 0, EtherType.
std::optional<size_t> behind_fddi(Octets packet) {
    constexpr size_t fddi = 13, header = fddi + 8;
    constexpr std::array<uint8_t, 6> snap = {0xaa, 0xaa, 0x03, 0, 0, 0};
    if (packet.size() < header || !std::equal(snap.begin(), snap.end(), packet.begin() + fddi))
        return std::nullopt;
    return behind_ethertype(packet, header - 2, header);
}

// Address and control may be left out, and the first octet of the protocol too (RFC 1661, 6.5 and 6.6).
std::optional<size_t> behind_ppp(Octets packet) {
    size_t at = packet.size() >= 2 && packet[0] == 0xff && packet[1] == 0x03 ? 2 : 0;
    if (at < packet.size() && packet[at] == 0) ++at;
    if (at >= packet.size() || (packet[at] != ppp_ipv4 && packet[at] != ppp_ipv6)) return std::nullopt;
    return at + 1;
}

}  // namespace

bool is_known_link(int link_type) {
    constexpr std::array known = {DLT_EN10MB,     DLT_RAW,  DLT_IPV4, DLT_IPV6, DLT_LINUX_SLL,
                                  DLT_LINUX_SLL2, DLT_NULL, DLT_LOOP, DLT_FDDI, DLT_PPP};
    return std::find(known.begin(), known.end(), link_type) != known.end();
}

std::optional<size_t> ip_offset(int link_type, Octets packet) {
    switch (link_type) {
        case DLT_RAW:
        case DLT_IPV4:  // pcap_thread writes IPv6 under this type too
            return 0;
        case DLT_IPV6:
            return !packet.empty() && packet[0] >> 4 == 6 ? std::optional<size_t>(0) : std::nullopt;
        case DLT_LINUX_SLL:  // www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html
            return behind_ethertype(packet, 14, 16);
        case DLT_LINUX_SLL2:  // www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html
            return behind_ethertype(packet, 0, 20);
        case DLT_NULL:
        case DLT_LOOP:
            return behind_family(packet);
        case DLT_FDDI:
            return behind_fddi(packet);
        case DLT_PPP:
            return behind_ppp(packet);
        default:
            return std::nullopt;
    }
}

}  // namespace dnsexp::test
