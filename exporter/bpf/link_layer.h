// What programs get to see of a link's packets, and so which of them it can have.
#pragma once

#include "exporter/config/config.h"
#include "exporter/net/network_state.h"

namespace dnsexp {

// What a packet of the link begins with at the TC hooks.
enum class LinkLayer { ethernet, ip, unknown };
LinkLayer link_layer(const Link& link);

// Whether XDP is to be tried for what arrives. `automatic` takes it only where it is a real device's own: on
// veth it costs and can drop packets, and generic XDP costs more than TC.
bool wants_xdp(const Link& link, Ingress ingress);

}  // namespace dnsexp
