// Attaching to interfaces, in a network namespace of each test's own, and real packets across them.
#include <bpf/libbpf.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "exporter/bpf/hook.h"
#include "exporter/net/network_reader.h"
#include "test/kernel/attachments.h"
#include "test/kernel/kernel.h"
#include "test/kernel/netns.h"

using namespace dnsexp;
using namespace dnsexp::test;

namespace {

constexpr uint32_t our_handle = 0x367;  // exporter/bpf/hook.cpp

const Bytes query = Dns().id(7).question("a.example", 1).build();
const Bytes frame4 = Packet().ethernet().ipv4().udp().payload(query).build();
const Bytes packet4 = Packet().ipv4().udp().payload(query).build();
const Bytes packet6 = Packet().ipv6().udp().payload(query).build();

CaptureConfig capture(Ingress ingress, TcLink tc_link) {
    CaptureConfig config;
    config.ingress = ingress;
    config.tc_link = tc_link;
    return config;
}

// The programs on interfaces of this namespace.
class Watch {
  public:
    Watch(Variant variant, const CaptureConfig& config) : kernel(variant, with(config)) {}

    Status sync(const std::vector<Link>& links, bool named = true) {
        std::vector<ChosenLink> chosen;
        for (const Link& link : links) chosen.push_back({link, named});
        const auto state = read_network_state();
        if (!state) return state.error();
        return kernel.source().sync_interfaces(state.value(), chosen, true);
    }
    void on(const std::string& name) {
        if (const Status status = sync({link_of(name)}); !status) FAIL(status.error().message());
    }

    // "ingress tcx", or with a `!` before where it is not attached.
    std::vector<std::string> hooks() {
        std::vector<std::string> texts;
        for (const AttachedHook& hook : kernel.source().hooks())
            texts.push_back((hook.attached ? "" : "!") + hook.hook + " " + hook.mode);
        return texts;
    }

    // Messages by interface; waits until there are as many, since packets need a moment.
    Counters messages(uint64_t expected) {
        Counters counters;
        for (int i = 0; i < 100; ++i) {
            counters = only(kernel.counters(), {"message"});
            uint64_t sum = 0;
            for (const auto& [name, value] : counters) sum += value;
            if (sum >= expected) break;
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        return counters;
    }

    Kernel kernel;

  private:
    static Config with(const CaptureConfig& capture) {
        Config config;
        config.capture = capture;
        return config;
    }
};

bool has_tcx() {
    static const bool known = tcx_programs(1, DNS_INGRESS).has_value();
    if (!known) WARN("not tested: TCX, which this kernel does not know (Linux 6.6)");
    return known;
}

using Texts = std::vector<std::string>;
const Counters both_directions = {{"message v1 ingress query udp ipv4", 1}, {"message v1 egress query udp ipv4", 1}};

void send_both_ways() {
    send_frame("v0", frame4);  // arrives at v1
    send_frame("v1", frame4);
}

}  // namespace

TEST_CASE("TCX: both directions count, and the links end with the source", "[attach]") {
    const Variant variant = GENERATE(Variant::current, Variant::old);
    const Ingress ingress = GENERATE(Ingress::tc, Ingress::automatic);  // a veth's native XDP is not for automatic
    if (!has_tcx()) return;
    const Netns netns;
    add_veth("v0", "v1");
    const uint32_t index = link_of("v1").index;
    {
        Watch watch(variant, capture(ingress, TcLink::automatic));
        watch.on("v1");
        watch.on("v1");  // once more: nothing is attached twice
        CHECK(watch.hooks() == Texts{"ingress tcx", "egress tcx"});
        CHECK(tcx_programs(index, DNS_INGRESS)->size() == 1);
        CHECK(tcx_programs(index, DNS_EGRESS)->size() == 1);
        CHECK(xdp_state(index).mode == XdpMode::none);
        send_both_ways();
        CHECK(watch.messages(2) == both_directions);
    }
    CHECK(tcx_programs(index, DNS_INGRESS)->empty());
    CHECK(tcx_programs(index, DNS_EGRESS)->empty());
}

TEST_CASE("clsact: both directions count, and the filters end with the source", "[attach]") {
    const Variant variant = GENERATE(Variant::current, Variant::old);
    const Netns netns;
    add_veth("v0", "v1");
    const uint32_t index = link_of("v1").index;
    {
        Watch watch(variant, capture(Ingress::tc, TcLink::clsact));
        watch.on("v1");
        CHECK(watch.hooks() == Texts{"ingress clsact", "egress clsact"});
        const auto& programs = watch.kernel.source().programs();
        CHECK(clsact_program(index, DNS_INGRESS, 1, our_handle) == program_id(program_of(programs, HookPoint::tc_in)));
        CHECK(clsact_program(index, DNS_EGRESS, 1, our_handle) == program_id(program_of(programs, HookPoint::tc_out)));
        send_both_ways();
        CHECK(watch.messages(2) == both_directions);
    }
    CHECK(clsact_program(index, DNS_INGRESS, 1, our_handle) == 0);
    CHECK(clsact_program(index, DNS_EGRESS, 1, our_handle) == 0);
}

TEST_CASE("XDP in the driver: both directions count", "[attach]") {
    const Variant variant = GENERATE(Variant::current, Variant::old);
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
    const Variant variant = GENERATE(Variant::current, Variant::old);
    const Netns netns;
    add_veth("v0", "v1");
    ip("link add link v1 name vlan5 type vlan id 5");
    ip("link set vlan5 up");
    Watch watch(variant, capture(Ingress::xdp, TcLink::clsact));
    watch.on("vlan5");
    CHECK(watch.hooks() == Texts{"ingress generic", "egress clsact"});
    CHECK(xdp_state(link_of("vlan5").index).mode == XdpMode::generic);
    send_frame("v0", Packet().ethernet().vlan(5).ipv4().udp().payload(query).build());
    CHECK(watch.messages(1) == Counters{{"message vlan5 ingress query udp ipv4", 1}});
}

TEST_CASE("Another's XDP program keeps its place", "[attach]") {
    const Variant variant = GENERATE(Variant::current, Variant::old);
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
    const Variant variant = GENERATE(Variant::current, Variant::old);
    const Netns netns;
    add_veth("v0", "v1");
    const uint32_t index = link_of("v1").index;
    const UniqueFd foreign = foreign_tc_program();
    const uint32_t id = program_id(foreign.get());
    attach_foreign(foreign.get(), index, DNS_INGRESS, 1, 1);
    attach_foreign(foreign.get(), index, DNS_EGRESS, 1, our_handle);  // at the very place that we take first
    const auto check_foreign = [&] {
        CHECK(clsact_program(index, DNS_INGRESS, 1, 1) == id);
        CHECK(clsact_program(index, DNS_EGRESS, 1, our_handle) == id);
    };
    {
        Watch watch(variant, capture(Ingress::tc, TcLink::clsact));
        watch.on("v1");
        check_foreign();
        CHECK(clsact_program(index, DNS_EGRESS, 2, our_handle) != 0);
        send_both_ways();
        CHECK(watch.messages(2) == both_directions);
    }
    check_foreign();
    CHECK(clsact_program(index, DNS_EGRESS, 2, our_handle) == 0);
    remove_stale_clsact(index);
    check_foreign();
}

TEST_CASE("A filter that a killed exporter left is replaced, or removed", "[attach]") {
    const Variant variant = GENERATE(Variant::current, Variant::old);
    const Netns netns;
    add_veth("v0", "v1");
    const uint32_t index = link_of("v1").index;
    const auto filter = [&](dns_direction direction) { return clsact_program(index, direction, 1, our_handle); };
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
        for (const uint32_t priority : {2, 3, 4}) CHECK(clsact_program(index, DNS_INGRESS, priority, our_handle) == 0);
        send_both_ways();
        CHECK(watch.messages(2) == both_directions);
    }
    SECTION("removed") { remove_stale_clsact(index); }
    CHECK(filter(DNS_INGRESS) == 0);
    CHECK(filter(DNS_EGRESS) == 0);
}

TEST_CASE("An interface that vanishes is let go; one of the same name counts on", "[attach]") {
    const Variant variant = GENERATE(Variant::current, Variant::old);
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

TEST_CASE("An interface that is gone when it is to be attached is an error only if it was named", "[attach]") {
    const Variant variant = GENERATE(Variant::current, Variant::old);
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
    const Variant variant = GENERATE(Variant::current, Variant::old);
    const Netns netns;
    add_veth("v0", "v1");
    Watch watch(variant, capture(Ingress::tc, TcLink::clsact));
    REQUIRE(watch.sync({link_of("v0"), link_of("v1")}));
    REQUIRE(watch.sync({link_of("v1")}));
    CHECK(clsact_program(link_of("v0").index, DNS_EGRESS, 1, our_handle) == 0);
    send_both_ways();
    CHECK(watch.messages(2) == both_directions);
}

TEST_CASE("A tun device's packets begin with their IP header", "[attach]") {
    const Variant variant = GENERATE(Variant::current, Variant::old);
    const Ingress ingress = GENERATE(Ingress::automatic, Ingress::xdp);  // XDP is for Ethernet
    const Netns netns;
    Tun tun("t0");
    Watch watch(variant, capture(ingress, TcLink::clsact));
    watch.on("t0");
    CHECK(watch.hooks() == Texts{"ingress clsact", "egress clsact"});
    const auto& programs = watch.kernel.source().programs();
    const uint32_t index = link_of("t0").index;
    CHECK(clsact_program(index, DNS_INGRESS, 1, our_handle) == program_id(program_of(programs, HookPoint::tc_in_ip)));
    CHECK(clsact_program(index, DNS_EGRESS, 1, our_handle) == program_id(program_of(programs, HookPoint::tc_out_ip)));
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
    const Variant variant = GENERATE(Variant::current, Variant::old);
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
    constexpr uint32_t interfaces = DNS_INTERFACES_MAX + 2;
    std::vector<Link> links;
    for (uint32_t i = 0; i < interfaces; ++i) {
        const std::string name = "d" + std::to_string(i);
        ip("link add " + name + " type dummy");
        ip("link set " + name + " up");
        links.push_back(link_of(name));
    }
    Watch watch(Variant::current, capture(Ingress::tc, TcLink::automatic));
    REQUIRE(watch.sync(links));
    CHECK(watch.hooks().size() == 2 * interfaces);
    for (const Link& link : links) send_frame(link.name, frame4);
    const Counters messages = watch.messages(interfaces);
    CHECK(messages.size() == DNS_INTERFACES_MAX);
    CHECK(messages.at("message d0 egress query udp ipv4") == 1);
    CHECK(messages.at("message other egress query udp ipv4") == interfaces - (DNS_INTERFACES_MAX - 1));
}
