// Interfaces that come, go and are of other kinds.
#include <catch2/catch.hpp>

#include "test/kernel/watch.h"

using namespace dnsexp;
using namespace dnsexp::test;

namespace {

const Bytes packet4 = Packet().ipv4().udp().payload(plain_query).build();
const Bytes packet6 = Packet().ipv6().udp().payload(plain_query).build();

}  // namespace

TEST_CASE("An interface that vanishes is let go; one of the same name counts on", "[attach]") {
    const Variant variant = GENERATE(from_range(variants()));
    const TcLink tc_link = GENERATE(TcLink::automatic, TcLink::clsact);
    const Netns netns;
    add_veth("v0", "v1");
    Watch watch(variant, capture(Ingress::tc, tc_link));
    watch.on("v1");
    send_both_ways();
    CHECK(watch.messages(2) == both_directions);
    ip("link del v0");  // and v1 with it
    REQUIRE(watch.sync({}));
    CHECK(watch.hooks().empty());
    CHECK(watch.messages(2) == both_directions);

    add_veth("v0", "v1");
    watch.on("v1");
    send_both_ways();
    CHECK(watch.messages(4) ==
          Counters{{"message v1 ingress query udp ipv4", 2}, {"message v1 egress query udp ipv4", 2}});
}

TEST_CASE("An interface that is gone when it is to be attached is an error only if it was named",
          "[attach]") {
    const Variant variant = GENERATE(from_range(variants()));
    const Netns netns;
    add_veth("v0", "v1");
    const Link link = link_of("v1");
    ip("link del v0");
    Watch watch(variant, capture(Ingress::tc, TcLink::automatic));
    CHECK(watch.sync({link}, false));
    for (const std::string& hook : watch.hooks()) CHECK(hook.starts_with("!"));
    const Status named = watch.sync({link}, true);
    REQUIRE(!named);
    CHECK(named.error().message().find("v1") != std::string::npos);
}

TEST_CASE("An interface that is no longer chosen is let go", "[attach]") {
    const Variant variant = GENERATE(from_range(variants()));
    const Netns netns;
    add_veth("v0", "v1");
    Watch watch(variant, capture(Ingress::tc, TcLink::clsact));
    REQUIRE(watch.sync({link_of("v0"), link_of("v1")}));
    REQUIRE(watch.sync({link_of("v1")}));
    CHECK(clsact_program(link_of("v0").index, DNS_EGRESS, 1, our_egress_handle) == 0);
    send_both_ways();
    CHECK(watch.messages(2) == both_directions);
}

TEST_CASE("A tun device's packets begin with their IP header", "[attach]") {
    const Variant variant = GENERATE(from_range(variants()));
    const Ingress ingress = GENERATE(Ingress::automatic, Ingress::xdp);  // XDP is for Ethernet
    const Netns netns;
    Tun tun("t0");
    Watch watch(variant, capture(ingress, TcLink::clsact));
    watch.on("t0");
    CHECK(watch.hooks() == Texts{"ingress clsact", "egress clsact"});
    const auto& programs = watch.kernel.source().programs();
    const uint32_t index = link_of("t0").index;
    CHECK(clsact_program(index, DNS_INGRESS, 1, our_handle) ==
          program_id(program_of(programs, HookPoint::tc_in_ip)));
    CHECK(clsact_program(index, DNS_EGRESS, 1, our_egress_handle) ==
          program_id(program_of(programs, HookPoint::tc_out_ip)));
    tun.arrive(packet4);
    tun.arrive(packet6);
    send_frame("t0", packet4);
    send_frame("t0", packet6);
    CHECK(watch.messages(4) == Counters{{"message t0 ingress query udp ipv4", 1},
                                        {"message t0 ingress query udp ipv6", 1},
                                        {"message t0 egress query udp ipv4", 1},
                                        {"message t0 egress query udp ipv6", 1}});
}

TEST_CASE("A packet on loopback counts once, in the role local", "[attach]") {
    const Variant variant = GENERATE(from_range(variants()));
    const Netns netns;
    Watch watch(variant, capture(Ingress::automatic, TcLink::automatic));
    watch.on("lo");
    REQUIRE(watch.hooks().size() == 1);
    CHECK(watch.hooks()[0].starts_with("egress"));
    send_frame("lo", frame4);
    CHECK(watch.messages(1) == Counters{{"message lo egress query udp ipv4", 1}});
    CHECK(only(watch.kernel.counters(), {"active"}) == Counters{{"active local", 1}});
}

TEST_CASE("Interfaces beyond the slots count under `other`", "[attach]") {
    const Netns netns;
    constexpr uint32_t pairs = DNS_INTERFACES_MAX / 2 + 1, interfaces = 2 * pairs;
    for (uint32_t i = 0; i < pairs; ++i) add_veth("a" + std::to_string(i), "b" + std::to_string(i));
    std::vector<Link> links;
    const auto state = read_network_state();
    REQUIRE(state);
    for (const Link& link : state.value().links)
        if (!link.loopback) links.push_back(link);
    REQUIRE(links.size() == interfaces);
    Watch watch(variants().front(), capture(Ingress::tc, TcLink::automatic));
    REQUIRE(watch.sync(links));
    CHECK(watch.hooks().size() == 2 * interfaces);
    for (const Link& link : links) send_frame(link.name, frame4);  // leaves here, and arrives at its peer
    const Counters messages = watch.messages(2 * interfaces);
    constexpr uint32_t slots = DNS_INTERFACES_MAX - 1;  // slot 0 is `other`
    CHECK(messages.size() == 2 * (slots + 1));
    CHECK(messages.at("message other egress query udp ipv4") == interfaces - slots);
    CHECK(messages.at("message other ingress query udp ipv4") == interfaces - slots);
    CHECK(messages.at("message " + links[0].name + " egress query udp ipv4") == 1);
}
