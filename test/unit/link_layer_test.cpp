#include "exporter/bpf/link_layer.h"

#include <catch2/catch.hpp>

using namespace dnsexp;

TEST_CASE("A link's packets begin as its hardware type of linux/if_arp.h says") {
    const auto layer = [](int type) {
        Link link;
        link.hardware_type = static_cast<uint16_t>(type);
        return link_layer(link);
    };
    for (const int type : {1, 772}) CHECK(layer(type) == LinkLayer::ethernet);  // Ethernet, loopback
    for (const int type : {0xfffe, 519, 512, 768, 769, 776}) CHECK(layer(type) == LinkLayer::ip);
    for (const int type : {32, 801, 0}) CHECK(layer(type) == LinkLayer::unknown);  // Infiniband, 802.11
}

TEST_CASE("XDP is for real devices, unless it is forced, and never for loopback or without Ethernet") {
    Link link;
    link.hardware_type = 1;
    link.physical = true;
    CHECK(wants_xdp(link, Ingress::automatic));
    CHECK_FALSE(wants_xdp(link, Ingress::tc));
    link.kind = "veth";
    CHECK_FALSE(wants_xdp(link, Ingress::automatic));
    CHECK(wants_xdp(link, Ingress::xdp));
    link.loopback = true;
    CHECK_FALSE(wants_xdp(link, Ingress::xdp));
    link.loopback = false;
    link.hardware_type = 0xfffe;
    CHECK_FALSE(wants_xdp(link, Ingress::xdp));
}
