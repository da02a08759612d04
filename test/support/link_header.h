// What lies before the IP header in the captures of links that are not Ethernet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace dnsexp::test {

// Whether packets of this link type (libpcap's DLT_ value) can be read: Ethernet and the ones below.
bool is_known_link(int link_type);

// Octets before the IP header; nothing where the packet is none of IP, or ends inside its link header.
// For raw IP, Linux cooked (v1, v2), BSD null and loopback, FDDI and PPP. VLAN tags behind them are not
// followed.
std::optional<size_t> ip_offset(int link_type, std::span<const uint8_t> packet);

}  // namespace dnsexp::test
