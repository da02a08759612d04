// How the programs are attached, beside those of others; and real packets that then count.
#include <bpf/libbpf.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "exporter/bpf/hook.h"
#include "test/kernel/watch.h"

using namespace dnsexp;
using namespace dnsexp::test;

TEST_CASE("TCX: both directions count, and the links end with the source", "[attach]") {
    const Variant variant = GENERATE(from_range(variants()));
    const Ingress ingress =
        GENERATE(Ingress::tc, Ingress::automatic);  // a veth's native XDP is not for automatic
    if (!has_tcx()) return;
    const Netns netns;
    add_veth("v0", "v1");
    const uint32_t index = link_of("v1").index;
    {
        Watch watch(variant, capture(ingress, TcLink::automatic));
        watch.on("v1");
        watch.on("v1");  // once more: nothing is attached twice
        CHECK(watch.hooks() == Texts{"ingress tcx", "egress tcx"});
        CHECK(tcx_chain(index, DNS_INGRESS)->size() == 1);
        CHECK(tcx_chain(index, DNS_EGRESS)->size() == 1);
        CHECK(xdp_state(index).mode == XdpMode::none);
        send_both_ways();
        CHECK(watch.messages(2) == both_directions);
    }
    CHECK(tcx_chain(index, DNS_INGRESS)->empty());
    CHECK(tcx_chain(index, DNS_EGRESS)->empty());
}

TEST_CASE("clsact: both directions count, and the filters end with the source", "[attach]") {
    const Variant variant = GENERATE(from_range(variants()));
    const Netns netns;
    add_veth("v0", "v1");
    const uint32_t index = link_of("v1").index;
    {
        Watch watch(variant, capture(Ingress::tc, TcLink::clsact));
        watch.on("v1");
        CHECK(watch.hooks() == Texts{"ingress clsact", "egress clsact"});
        const auto& programs = watch.kernel.source().programs();
        CHECK(clsact_program(index, DNS_INGRESS, 1, our_handle) ==
              program_id(program_of(programs, HookPoint::tc_in)));
        CHECK(clsact_program(index, DNS_EGRESS, 1, our_egress_handle) ==
              program_id(program_of(programs, HookPoint::tc_out)));
        send_both_ways();
        CHECK(watch.messages(2) == both_directions);
    }
    CHECK(clsact_program(index, DNS_INGRESS, 1, our_handle) == 0);
    CHECK(clsact_program(index, DNS_EGRESS, 1, our_egress_handle) == 0);
}

TEST_CASE("XDP in the driver: both directions count", "[attach]") {
    const Variant variant = GENERATE(from_range(variants()));
    const Netns netns;
    add_veth("v0", "v1");
    const uint32_t index = link_of("v1").index;
    {
        Watch watch(variant, capture(Ingress::xdp, TcLink::clsact));
        watch.on("v1");
        CHECK(watch.hooks() == Texts{"ingress native", "egress clsact"});
        CHECK(xdp_state(index).mode == XdpMode::native);
        CHECK(clsact_program(index, DNS_INGRESS, 1, our_handle) == 0);
        send_both_ways();
        CHECK(watch.messages(2) == both_directions);
    }
    CHECK(xdp_state(index).mode == XdpMode::none);
}

TEST_CASE("XDP where the driver has none is generic", "[attach]") {
    const Variant variant = GENERATE(from_range(variants()));
    const Netns netns;
    add_veth("v0", "v1");
    ip("link add br0 type bridge");
    ip("link set v1 master br0");
    ip("link set br0 up");
    for (int i = 0; i < 100 && !ip_works("-d link show v1 | grep -q 'state forwarding'"); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(50));  // the carrier is noticed a moment later
    {
        Watch watch(variant, capture(Ingress::xdp, TcLink::clsact));
        watch.on("br0");
        CHECK(watch.hooks() == Texts{"ingress generic", "egress clsact"});
        CHECK(xdp_state(link_of("br0").index).mode == XdpMode::generic);
        // IPv6: where br_netfilter is loaded, it drops what has a wrong checksum in its IPv4 header.
        Bytes broadcast = Packet().ethernet().ipv6().udp().payload(plain_query).build();
        std::fill_n(broadcast.begin(), 6, uint8_t{0xff});
        send_frame("v0", broadcast);
        CHECK(watch.messages(1) == Counters{{"message br0 ingress query udp ipv6", 1}});
    }
    CHECK(xdp_state(link_of("br0").index).mode == XdpMode::none);
}

TEST_CASE("Another's XDP program keeps its place", "[attach]") {
    const Variant variant = GENERATE(from_range(variants()));
    const Netns netns;
    add_veth("v0", "v1");
    const Link link = link_of("v1");
    const UniqueFd foreign = foreign_xdp_program();
    ip("link set v1 xdp off");
    REQUIRE(bpf_xdp_attach(static_cast<int>(link.index), foreign.get(), 0, nullptr) == 0);
    Watch watch(variant, capture(Ingress::xdp, TcLink::clsact));
    const Status status = watch.sync({link});
    REQUIRE(!status);
    CHECK(status.error().message().find("v1") != std::string::npos);
    CHECK(watch.hooks() == Texts{"!ingress native", "egress clsact"});
    CHECK(xdp_state(link.index).program == program_id(foreign.get()));
}

TEST_CASE("Other filters on the clsact are left as they are", "[attach]") {
    const Variant variant = GENERATE(from_range(variants()));
    const Netns netns;
    add_veth("v0", "v1");
    const uint32_t index = link_of("v1").index;
    const UniqueFd foreign = foreign_tc_program();
    const uint32_t id = program_id(foreign.get());
    attach_foreign(foreign.get(), index, DNS_INGRESS, 1, 1);
    attach_foreign(foreign.get(), index, DNS_EGRESS, 1,
                   our_egress_handle);  // at the very place that we take first
    const auto check_foreign = [&] {
        CHECK(clsact_program(index, DNS_INGRESS, 1, 1) == id);
        CHECK(clsact_program(index, DNS_EGRESS, 1, our_egress_handle) == id);
    };
    {
        Watch watch(variant, capture(Ingress::tc, TcLink::clsact));
        watch.on("v1");
        check_foreign();
        CHECK(clsact_program(index, DNS_EGRESS, 2, our_egress_handle) != 0);
        send_both_ways();
        CHECK(watch.messages(2) == both_directions);
    }
    check_foreign();
    CHECK(clsact_program(index, DNS_EGRESS, 2, our_egress_handle) == 0);
    remove_stale_clsact(index);
    check_foreign();
}

TEST_CASE("A filter that a killed exporter left is replaced, or removed", "[attach]") {
    const Variant variant = GENERATE(from_range(variants()));
    const Netns netns;
    add_veth("v0", "v1");
    const uint32_t index = link_of("v1").index;
    const auto filter = [&](dns_direction direction) {
        return clsact_program(index, direction, 1, direction == DNS_INGRESS ? our_handle : our_egress_handle);
    };
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {  // ends as if killed: nothing is detached
        Config config;
        config.capture = capture(Ingress::tc, TcLink::clsact);
        auto source = KernelSource::make(config, {variant});
        _exit(source && source.value()->sync_interfaces({}, {{link_of("v1"), true}}, true) ? 0 : 1);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(status == 0);
    const uint32_t stale_in = filter(DNS_INGRESS), stale_out = filter(DNS_EGRESS);
    REQUIRE(stale_in != 0);
    REQUIRE(stale_out != 0);

    SECTION("replaced") {
        Watch watch(variant, capture(Ingress::tc, TcLink::clsact));
        watch.on("v1");
        CHECK(filter(DNS_INGRESS) != stale_in);
        CHECK(filter(DNS_EGRESS) != stale_out);
        for (const uint32_t priority : {2, 3, 4})
            CHECK(clsact_program(index, DNS_INGRESS, priority, our_handle) == 0);
        send_both_ways();
        CHECK(watch.messages(2) == both_directions);
    }
    SECTION("removed") {
        remove_stale_clsact(index);
    }
    CHECK(filter(DNS_INGRESS) == 0);
    CHECK(filter(DNS_EGRESS) == 0);
}
