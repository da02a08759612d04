// Hooks that last: what other tools do to them, and what we do to theirs.
#include <catch2/catch.hpp>
#include <memory>

#include "exporter/bpf/hook.h"
#include "test/kernel/watch.h"

using namespace dnsexp;
using namespace dnsexp::test;

TEST_CASE("Under a plain ingress qdisc there is no egress, and ingress counts as ingress", "[attach]") {
    const Variant variant = GENERATE(from_range(variants()));
    const Netns netns;
    add_veth("v0", "v1");
    run("tc qdisc add dev v1 ingress");
    Watch watch(variant, capture(Ingress::tc, TcLink::clsact));
    REQUIRE(watch.sync({link_of("v1")}, false));
    CHECK(watch.hooks() == Texts{"ingress clsact", "!egress clsact"});
    send_both_ways();
    CHECK(watch.messages(1) == Counters{{"message v1 ingress query udp ipv4", 1}});
}

TEST_CASE("What a tool takes off is put on again by the next sync", "[attach]") {
    const Variant variant = GENERATE(from_range(variants()));
    const Netns netns;
    add_veth("v0", "v1");
    Watch watch(variant, capture(Ingress::tc, TcLink::clsact));
    watch.on("v1");
    run("tc qdisc del dev v1 clsact");
    watch.on("v1");
    send_both_ways();
    CHECK(watch.messages(2) == both_directions);
}

TEST_CASE("A device made anew under the same number and name is attached anew", "[attach]") {
    const Variant variant = GENERATE(from_range(variants()));
    const TcLink tc_link = GENERATE(TcLink::automatic, TcLink::clsact);
    const Netns netns;
    add_veth("v0", "v1");
    Watch watch(variant, capture(Ingress::tc, tc_link));
    watch.on("v1");
    const uint32_t index = link_of("v1").index;
    run("ip link del v0");
    run("ip link add v1 index " + std::to_string(index) + " type veth peer name v0");
    run("ip link set v0 up");
    run("ip link set v1 up");
    REQUIRE(link_of("v1").index == index);
    watch.on("v1");  // without a sync in between that saw it gone
    send_both_ways();
    CHECK(watch.messages(2) == both_directions);
}

TEST_CASE("A sync leaves working hooks alone, through a rename and a failure beside them", "[attach]") {
    const Variant variant = GENERATE(from_range(variants()));
    const Netns netns;
    add_veth("v0", "v1");
    const uint32_t index = link_of("v1").index;
    Watch watch(variant, capture(Ingress::tc, TcLink::clsact));
    watch.on("v1");
    const uint32_t out = clsact_program(index, DNS_EGRESS, 1, our_egress_handle);
    run("tc filter del dev v1 ingress");  // one of two is gone
    run("ip link set v1 down");
    run("ip link set v1 name w1");
    run("ip link set w1 up");
    watch.on("w1");
    CHECK(clsact_program(index, DNS_EGRESS, 1, our_egress_handle) == out);
    send_frame("w1", frame4);
    CHECK(watch.messages(1) == Counters{{"message w1 egress query udp ipv4", 1}});
}

TEST_CASE("An exporter that ends leaves the filter of its successor", "[attach]") {
    const Variant variant = GENERATE(from_range(variants()));
    const Netns netns;
    add_veth("v0", "v1");
    auto before = std::make_unique<Watch>(variant, capture(Ingress::tc, TcLink::clsact));
    before->on("v1");
    remove_stale_clsact(link_of("v1").index);  // what a start does
    Watch after(variant, capture(Ingress::tc, TcLink::clsact));
    after.on("v1");
    before.reset();
    send_both_ways();
    CHECK(after.messages(2) == both_directions);
}
