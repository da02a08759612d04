#include "exporter/bpf/link_layer.h"

#include <linux/if_arp.h>

namespace dnsexp {

LinkLayer link_layer(const Link& link) {
    switch (link.hardware_type) {
        case ARPHRD_ETHER:
        case ARPHRD_LOOPBACK:  // which has an (empty) Ethernet header
            return LinkLayer::ethernet;
        case ARPHRD_NONE:  // tun, wireguard
        case ARPHRD_RAWIP:
        case ARPHRD_PPP:
        case ARPHRD_TUNNEL:
        case ARPHRD_TUNNEL6:
        case ARPHRD_SIT:
            return LinkLayer::ip;
        default:
            return LinkLayer::unknown;
    }
}

bool wants_xdp(const Link& link, Ingress ingress) {
    if (link_layer(link) != LinkLayer::ethernet || link.loopback) return false;
    const bool real = link.physical && link.kind.empty();
    return ingress == Ingress::xdp || (ingress == Ingress::automatic && real);
}

}  // namespace dnsexp
