#include "exporter/net/choose.h"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace dnsexp;

namespace {

// A host under construction. Links get their indexes in the order in which they are added.
class Host {
  public:
    NetworkState state;

    Host() { add("lo", "").loopback = true; }

    Link& add(const std::string& name, const std::string& kind) {
        Link link;
        link.index = static_cast<uint32_t>(state.links.size() + 1);
        link.name = name;
        link.kind = kind;
        link.up = true;
        state.links.push_back(link);
        return state.links.back();
    }
    Host& hardware(const std::string& name) {
        add(name, "").physical = true;
        return *this;
    }
    Host& device(const std::string& name, const std::string& kind) {
        add(name, kind);
        return *this;
    }
    Host& over(const std::string& name, const std::string& kind, const std::string& lower) {
        const uint32_t below = index(lower);
        add(name, kind).lower = below;
        return *this;
    }
    Host& port(const std::string& name, const std::string& master) {
        state.links[index(name) - 1].master = index(master);
        return *this;
    }
    Host& down(const std::string& name) {
        state.links[index(name) - 1].up = false;
        return *this;
    }
    Host& network(const std::string& name) {  // a global address with a network, as 192.0.2.1/24
        state.with_global_address.insert(index(name));
        return *this;
    }
    Host& bare(const std::string& name) {  // a global /32 or /128 only
        state.host_address_only.insert(index(name));
        return network(name);
    }
    Host& route(const std::string& name) {
        state.with_default_route.insert(index(name));
        return *this;
    }

  private:
    uint32_t index(const std::string& name) const {
        const auto found = std::find_if(state.links.begin(), state.links.end(),
                                        [&](const Link& link) { return link.name == name; });
        REQUIRE(found != state.links.end());
        return found->index;
    }
};

struct Case {
    const char* what;
    Host host;
    std::vector<std::string> chosen;
};

std::vector<std::string> names_of(const std::vector<ChosenLink>& chosen) {
    std::vector<std::string> names;
    for (const ChosenLink& one : chosen) names.push_back(one.link.name);
    return names;
}

void check(std::vector<Case> cases) {
    for (const Case& one : cases) {
        INFO(one.what);
        CHECK(names_of(choose_interfaces(one.host.state, {})) == one.chosen);
    }
}

}  // namespace

// clang-format off: a device with its addresses, a line
TEST_CASE("The default choice on plain hosts is loopback and the uplinks") {
    check({
        {"nothing but loopback", Host(), {"lo"}},
        {"loopback that is down", Host().down("lo"), {"lo"}},
        {"plain server", Host().hardware("eth0").network("eth0").route("eth0"), {"lo", "eth0"}},
        {"no address anywhere", Host().hardware("eth0"), {"lo"}},
        {"a second NIC with a private network and no route",
         Host().hardware("eth0").hardware("eth1").network("eth0").route("eth0").network("eth1"),
         {"lo", "eth0", "eth1"}},
        {"a NIC that is down", Host().hardware("eth0").network("eth0").down("eth0"), {"lo"}},
        {"cloud instance with a /32", Host().hardware("eth0").bare("eth0").route("eth0"), {"lo", "eth0"}},
        {"default route without an address", Host().device("ppp0", "ppp").route("ppp0"), {"lo", "ppp0"}},
        {"laptop",
         Host().hardware("wlan0").network("wlan0").route("wlan0").device("wg0", "wireguard").bare("wg0"),
         {"lo", "wlan0", "wg0"}},
        {"OpenVPN client",
         Host().hardware("eth0").network("eth0").route("eth0").device("tun0", "tun").bare("tun0"),
         {"lo", "eth0", "tun0"}},
        {"anycast address on a dummy",
         Host().hardware("eth0").network("eth0").route("eth0").device("dummy0", "dummy").bare("dummy0"),
         {"lo", "eth0"}},
        {"VRF with an address of its own",
         Host().hardware("eth0").network("eth0").device("blue", "vrf").port("eth0", "blue").network("blue"),
         {"lo", "eth0"}},
    });
}

TEST_CASE("The default choice leaves out what joins containers and guests") {
    check({
        {"docker host",
         Host()
             .hardware("eth0")
             .network("eth0")
             .route("eth0")
             .device("docker0", "bridge")
             .network("docker0")
             .device("br-4f1c2a", "bridge")
             .network("br-4f1c2a")
             .device("veth1", "veth")
             .port("veth1", "docker0"),
         {"lo", "eth0"}},
        {"Kubernetes node with flannel",
         Host()
             .hardware("ens3")
             .network("ens3")
             .route("ens3")
             .device("cni0", "bridge")
             .network("cni0")
             .device("flannel.1", "vxlan")
             .bare("flannel.1")
             .device("vethab12", "veth")
             .port("vethab12", "cni0"),
         {"lo", "ens3"}},
        {"Kubernetes node with flannel, whose tunnel names the NIC below it",
         Host()
             .hardware("ens3")
             .network("ens3")
             .route("ens3")
             .over("flannel.1", "vxlan", "ens3")
             .bare("flannel.1"),
         {"lo", "ens3"}},
        {"Kubernetes node with Calico",
         Host()
             .hardware("eth0")
             .network("eth0")
             .route("eth0")
             .device("tunl0", "ipip")
             .bare("tunl0")
             .device("cali123", "veth"),
         {"lo", "eth0"}},
        {"Kubernetes node with Cilium",
         Host()
             .hardware("eth0")
             .network("eth0")
             .route("eth0")
             .device("cilium_net", "veth")
             .over("cilium_host", "veth", "cilium_net")
             .bare("cilium_host")
             .device("lxc1", "veth"),
         {"lo", "eth0"}},
        {"node whose pod veths carry the gateway's /32",
         Host().hardware("eth0").network("eth0").route("eth0").device("veth1", "veth").bare("veth1"),
         {"lo", "eth0"}},
        {"IPVS node",
         Host()
             .hardware("eth0")
             .network("eth0")
             .route("eth0")
             .device("kube-ipvs0", "dummy")
             .bare("kube-ipvs0"),
         {"lo", "eth0"}},
        {"KVM host with NAT",
         Host()
             .hardware("eth0")
             .network("eth0")
             .route("eth0")
             .device("virbr0", "bridge")
             .network("virbr0")
             .device("vnet0", "tun")
             .port("vnet0", "virbr0"),
         {"lo", "eth0"}},
        {"Open vSwitch bridge for guests",
         Host()
             .hardware("eth0")
             .network("eth0")
             .route("eth0")
             .device("ovs-gw0", "openvswitch")
             .network("ovs-gw0"),
         {"lo", "eth0"}},
    });
}

TEST_CASE("The default choice inside a container is its uplink") {
    check({
        {"container with a veth",
         Host().device("eth0", "veth").network("eth0").route("eth0"),
         {"lo", "eth0"}},
        {"container on an internal network, without a route",
         Host().device("eth0", "veth").network("eth0"),
         {"lo", "eth0"}},
        {"pod with a /32 and a default route",
         Host().device("eth0", "veth").bare("eth0").route("eth0"),
         {"lo", "eth0"}},
        {"container on a macvlan, whose parent is in the host",
         Host().device("eth0", "macvlan").network("eth0").route("eth0"),
         {"lo", "eth0"}},
        {"container on an ipvlan",
         Host().device("eth0", "ipvlan").network("eth0").route("eth0"),
         {"lo", "eth0"}},
        {"nested host: a bridge over the container's veth carries the default route",
         Host()
             .device("eth0", "veth")
             .device("br0", "bridge")
             .port("eth0", "br0")
             .network("br0")
             .route("br0"),
         {"lo", "br0"}},
        {"both ends of a veth in one namespace are no stack",
         Host().device("veth0", "veth").over("veth1", "veth", "veth0").network("veth0").network("veth1"),
         {"lo", "veth0", "veth1"}},
    });
}

TEST_CASE("The default choice takes one device of a stack") {
    check({
        {"KVM host with a bridge over the NIC",
         Host()
             .hardware("eth0")
             .device("br0", "bridge")
             .port("eth0", "br0")
             .network("br0")
             .route("br0")
             .device("vnet0", "tun")
             .port("vnet0", "br0"),
         {"lo", "br0"}},
        {"bridge over a NIC, without the default route",
         Host()
             .hardware("eth0")
             .device("br0", "bridge")
             .port("eth0", "br0")
             .network("br0")
             .hardware("eth1")
             .network("eth1")
             .route("eth1"),
         {"lo", "br0", "eth1"}},
        {"bridge and its port both have an address",
         Host()
             .hardware("eth0")
             .network("eth0")
             .device("br0", "bridge")
             .port("eth0", "br0")
             .network("br0")
             .route("br0"),
         {"lo", "br0"}},
        {"bridge over a NIC, without an address",
         Host().hardware("eth0").device("br0", "bridge").port("eth0", "br0"),
         {"lo"}},
        {"bond",
         Host()
             .hardware("eth0")
             .hardware("eth1")
             .device("bond0", "bond")
             .port("eth0", "bond0")
             .port("eth1", "bond0")
             .network("bond0")
             .route("bond0"),
         {"lo", "bond0"}},
        {"bond and VLAN, both with an address",
         Host()
             .hardware("eth0")
             .hardware("eth1")
             .device("bond0", "bond")
             .port("eth0", "bond0")
             .port("eth1", "bond0")
             .network("bond0")
             .over("bond0.100", "vlan", "bond0")
             .network("bond0.100")
             .route("bond0.100"),
         {"lo", "bond0"}},
        {"bond and VLAN, only the VLAN has an address",
         Host()
             .hardware("eth0")
             .device("bond0", "bond")
             .port("eth0", "bond0")
             .over("bond0.100", "vlan", "bond0")
             .network("bond0.100")
             .route("bond0.100"),
         {"lo", "bond0.100"}},
        {"bridge over a bond, all with addresses",
         Host()
             .hardware("eth0")
             .network("eth0")
             .device("bond0", "bond")
             .port("eth0", "bond0")
             .network("bond0")
             .device("br0", "bridge")
             .port("bond0", "br0")
             .network("br0")
             .route("br0"),
         {"lo", "br0"}},
        {"bridge over a VLAN of a bond",
         Host()
             .hardware("eth0")
             .device("bond0", "bond")
             .port("eth0", "bond0")
             .over("bond0.7", "vlan", "bond0")
             .device("br7", "bridge")
             .port("bond0.7", "br7")
             .network("br7"),
         {"lo", "br7"}},
        {"VLANs only: siblings share no packet",
         Host()
             .hardware("eth0")
             .over("eth0.10", "vlan", "eth0")
             .network("eth0.10")
             .route("eth0.10")
             .over("eth0.20", "vlan", "eth0")
             .network("eth0.20"),
         {"lo", "eth0.10", "eth0.20"}},
        {"VLAN over a NIC with an address",
         Host()
             .hardware("eth0")
             .network("eth0")
             .route("eth0")
             .over("eth0.10", "vlan", "eth0")
             .network("eth0.10"),
         {"lo", "eth0"}},
        {"VLAN in a VLAN",
         Host()
             .hardware("eth0")
             .network("eth0")
             .over("eth0.10", "vlan", "eth0")
             .over("eth0.10.5", "vlan", "eth0.10")
             .network("eth0.10.5"),
         {"lo", "eth0"}},
        {"bridge over a VLAN whose NIC has an address: the NIC sees both",
         Host()
             .hardware("eth0")
             .network("eth0")
             .route("eth0")
             .over("eth0.10", "vlan", "eth0")
             .device("br10", "bridge")
             .port("eth0.10", "br10")
             .network("br10"),
         {"lo", "eth0"}},
        {"VLAN over a bridge",
         Host()
             .hardware("eth0")
             .device("br0", "bridge")
             .port("eth0", "br0")
             .network("br0")
             .route("br0")
             .over("br0.5", "vlan", "br0")
             .network("br0.5"),
         {"lo", "br0"}},
        {"host side of a macvlan",
         Host()
             .hardware("eth0")
             .network("eth0")
             .route("eth0")
             .over("mac0", "macvlan", "eth0")
             .network("mac0"),
         {"lo", "eth0"}},
    });
}

// clang-format on
TEST_CASE("A stack that bites its tail ends the search") {
    Host host;
    host.device("a", "bridge").device("b", "bridge").port("a", "b").port("b", "a").network("a");
    CHECK(names_of(choose_interfaces(host.state, {})) == std::vector<std::string>{"lo"});
}

TEST_CASE("Patterns choose by name, whatever the state") {
    Host host;
    host.hardware("eth0").network("eth0").hardware("eth1").down("eth1").device("docker0", "bridge");
    const auto chosen = [&](const std::vector<std::string>& patterns) {
        return names_of(choose_interfaces(host.state, patterns));
    };
    using Names = std::vector<std::string>;
    CHECK(chosen({"eth*"}) == Names{"eth0", "eth1"});
    CHECK(chosen({"docker0", "eth[1]"}) == Names{"eth1", "docker0"});
    CHECK(chosen({"*"}) == Names{"lo", "eth0", "eth1", "docker0"});
    CHECK(chosen({"eth"}).empty());
    CHECK(chosen({"ETH0"}).empty());
}

TEST_CASE("Only a pattern that is the exact name names a link") {
    Host host;
    host.hardware("eth0").hardware("eth1").hardware("odd[1]");
    const auto chosen = choose_interfaces(host.state, {"eth*", "eth1", "odd[1]"});
    REQUIRE(names_of(chosen) == std::vector<std::string>{"eth0", "eth1", "odd[1]"});
    CHECK_FALSE(chosen[0].named);
    CHECK(chosen[1].named);
    CHECK(chosen[2].named);
}

TEST_CASE("Missing names are those without a wildcard that no link has") {
    Host host;
    host.hardware("eth0");
    CHECK(missing_named(host.state, {"eth0", "eth7", "wlan*", "br?", "x"}) ==
          std::vector<std::string>{"eth7", "x"});
    CHECK(missing_named(host.state, {}).empty());
}

TEST_CASE("What the default choice leaves out has its reason, and what it chooses is not among it") {
    Host host;
    host.hardware("eth0").network("eth0").route("eth0").hardware("eth1").down("eth1");
    host.device("docker0", "bridge").network("docker0").device("tunl0", "ipip").bare("tunl0");
    host.device("bond0", "bond").network("bond0").hardware("eth2").network("eth2").port("eth2", "bond0");
    host.over("eth0.5", "vlan", "eth0").network("eth0.5").hardware("eth3").device("blue", "vrf");
    const std::vector<std::pair<std::string, std::string>> expected = {
        {"eth1", "down"},         {"docker0", "without an uplink"}, {"tunl0", "bare"},
        {"eth2", "is a port of"}, {"eth0.5", "packets cross"},      {"eth3", "no global address"},
        {"blue", "VRF"}};
    const auto left_out = explain_left_out(host.state);
    REQUIRE(left_out.size() == expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
        INFO(expected[i].first + ": " + left_out[i].reason);
        CHECK(left_out[i].link.name == expected[i].first);
        CHECK(left_out[i].reason.find(expected[i].second) != std::string::npos);
    }
    CHECK(names_of(choose_interfaces(host.state, {})) == std::vector<std::string>{"lo", "eth0", "bond0"});
}
