// The interfaces of this network namespace as plain data: what the reader fills and the choice is made from.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "ebpf/dns_abi.h"

namespace dnsexp {

struct Link {
    uint32_t index = 0;  // 1 and up, unique in the namespace
    std::string name;    // at most 15 octets; any octet but '/' and blanks, so escape it where it is shown
    std::string
        kind;  // IFLA_INFO_KIND: bridge, bond, vlan, veth, tun, wireguard ...; empty for most hardware
    uint16_t hardware_type = 0;  // ARPHRD_* of linux/if_arp.h
    bool up = false;             // IFF_UP: set up by the administrator, with or without a carrier
    bool loopback = false;
    uint32_t master = 0;  // index of the bridge, bond, team or VRF that this is a port of; 0: none
    uint32_t lower =
        0;  // index of the device below in this namespace (IFLA_LINK); 0: none, or it is elsewhere
    bool physical = false;  // has a device behind it, real or the hypervisor's (virtio ...)
};

struct NetworkState {
    std::vector<Link> links;                 // by rising index
    std::set<uint32_t> with_global_address;  // indexes; scope global, so private and unique-local ones count
    std::set<uint32_t>
        host_address_only;  // of those, the ones whose every global address is a bare /32 or /128
    std::set<uint32_t> with_default_route;  // indexes; unicast, table main, IPv4 or IPv6
    std::vector<dns_address>
        own_addresses;  // of all links and scopes, each once, rising; IPv4 as ::ffff:a.b.c.d
};

}  // namespace dnsexp
