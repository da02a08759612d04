// Decoding of rtnetlink messages (rtnetlink(7), linux/rtnetlink.h) into the plain data of network_state.h.
// A message or attribute that is too short is skipped, not trusted. Nothing here does I/O.
#pragma once

#include <libmnl/libmnl.h>

#include <optional>

#include "exporter/net/network_state.h"

namespace dnsexp {

// RTM_NEWLINK of a dump. `physical` is set where the kernel names the parent device (Linux 5.14 and later).
std::optional<Link> decode_link(const nlmsghdr& message);

struct InterfaceAddress {
    uint32_t index = 0;
    dns_address address = {};
    bool global = false;  // scope global
    bool bare = false;    // full prefix length and no peer: it stands for this host alone, not for a network
};

// RTM_NEWADDR, IPv4 or IPv6.
std::optional<InterfaceAddress> decode_address(const nlmsghdr& message);

// Indexes of the interfaces that a route leaves by, if it is a unicast default route of table main; else
// empty. RTM_NEWROUTE or RTM_DELROUTE.
std::vector<uint32_t> decode_default_route(const nlmsghdr& message);

// Whether a notification can change what the reader returns: any link or address, and default routes.
bool is_relevant_change(const nlmsghdr& message);

}  // namespace dnsexp
