#include "exporter/net/rtnetlink.h"

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <cstring>

using namespace dnsexp;

namespace {

using Octets = std::vector<uint8_t>;

// Puts messages together from the layout in netlink(7): header, fixed part, attributes of length, type and
// payload, each padded to 4 octets.
class Message {
  public:
    template <typename Header>
    Message(uint16_t type, const Header& fixed) : octets_(sizeof(nlmsghdr)) {
        type_ = type;
        append(&fixed, sizeof fixed);
    }
    Message& attribute(uint16_t type, const Octets& payload) {
        const auto length = static_cast<uint16_t>(4 + payload.size());
        append(&length, 2);
        append(&type, 2);
        append(payload.data(), payload.size());
        return *this;
    }
    Message& number(uint16_t type, uint32_t value) {
        Octets payload(4);
        std::memcpy(payload.data(), &value, 4);
        return attribute(type, payload);
    }
    Message& text(uint16_t type, const std::string& value) {
        Octets payload(value.begin(), value.end());
        payload.push_back(0);
        return attribute(type, payload);
    }
    const nlmsghdr& get() {
        nlmsghdr header = {};
        header.nlmsg_len = static_cast<uint32_t>(octets_.size());
        header.nlmsg_type = type_;
        std::memcpy(octets_.data(), &header, sizeof header);
        return *reinterpret_cast<const nlmsghdr*>(octets_.data());
    }
    void cut(size_t length) { octets_.resize(length); }

  private:
    void append(const void* data, size_t length) {
        const auto* begin = static_cast<const uint8_t*>(data);
        octets_.insert(octets_.end(), begin, begin + length);
        if (length >= 2 && length != 2) octets_.resize((octets_.size() + 3) / 4 * 4);
    }
    Octets octets_;
    uint16_t type_ = 0;
};

ifinfomsg link_header(int index, unsigned int flags) {
    ifinfomsg header = {};
    header.ifi_index = index;
    header.ifi_flags = flags;
    header.ifi_type = 1;  // ARPHRD_ETHER
    return header;
}

ifaddrmsg address_header(uint8_t family, uint8_t prefix, uint8_t scope) {
    ifaddrmsg header = {};
    header.ifa_family = family;
    header.ifa_prefixlen = prefix;
    header.ifa_scope = scope;
    header.ifa_index = 7;
    return header;
}

rtmsg route_header(uint8_t prefix, uint8_t type = RTN_UNICAST) {
    rtmsg header = {};
    header.rtm_family = AF_INET;
    header.rtm_dst_len = prefix;
    header.rtm_type = type;
    header.rtm_table = RT_TABLE_MAIN;
    return header;
}

Octets octets_of(const dns_address& address) {
    Octets octets(16);
    std::memcpy(octets.data(), &address, 16);
    return octets;
}

}  // namespace

TEST_CASE("A link message gives name, kind, flags and what it is stacked on") {
    Message message(RTM_NEWLINK, link_header(9, IFF_UP));
    // IFLA_LINKINFO holds IFLA_INFO_KIND (1), here "vlan" with its final zero.
    message.text(IFLA_IFNAME, "eth0.10").number(IFLA_LINK, 2).number(IFLA_MASTER, 4);
    message.attribute(IFLA_LINKINFO, {9, 0, 1, 0, 'v', 'l', 'a', 'n', 0, 0, 0, 0});
    const auto link = decode_link(message.get());
    REQUIRE(link);
    CHECK(link->index == 9);
    CHECK(link->name == "eth0.10");
    CHECK(link->kind == "vlan");
    CHECK(link->hardware_type == 1);
    CHECK(link->up);
    CHECK_FALSE(link->loopback);
    CHECK(link->lower == 2);
    CHECK(link->master == 4);
    CHECK_FALSE(link->physical);
}

TEST_CASE("A parent device makes a link physical, and the loopback flag a loopback") {
    Message hardware(RTM_NEWLINK, link_header(2, 0));
    hardware.text(IFLA_IFNAME, "eth0").text(IFLA_PARENT_DEV_NAME, "0000:00:03.0");
    REQUIRE(decode_link(hardware.get()));
    CHECK(decode_link(hardware.get())->physical);
    CHECK_FALSE(decode_link(hardware.get())->up);

    Message loopback(RTM_NEWLINK, link_header(1, IFF_UP | IFF_LOOPBACK));
    loopback.text(IFLA_IFNAME, "lo");
    REQUIRE(decode_link(loopback.get()));
    CHECK(decode_link(loopback.get())->loopback);
}

TEST_CASE("A lower device in another namespace, or the link itself, is none") {
    Message elsewhere(RTM_NEWLINK, link_header(5, IFF_UP));
    elsewhere.text(IFLA_IFNAME, "eth0").number(IFLA_LINK, 2).number(IFLA_LINK_NETNSID, 0);
    REQUIRE(decode_link(elsewhere.get()));
    CHECK(decode_link(elsewhere.get())->lower == 0);

    Message itself(RTM_NEWLINK, link_header(5, IFF_UP));
    itself.text(IFLA_IFNAME, "gre0").number(IFLA_LINK, 5);
    REQUIRE(decode_link(itself.get()));
    CHECK(decode_link(itself.get())->lower == 0);
}

TEST_CASE("A link message that is cut or has no name is skipped") {
    Message nameless(RTM_NEWLINK, link_header(5, IFF_UP));
    CHECK_FALSE(decode_link(nameless.get()));
    Message cut(RTM_NEWLINK, link_header(5, IFF_UP));
    cut.text(IFLA_IFNAME, "eth0").cut(sizeof(nlmsghdr) + sizeof(ifinfomsg) - 1);
    CHECK_FALSE(decode_link(cut.get()));
    Message short_master(RTM_NEWLINK, link_header(5, IFF_UP));
    short_master.text(IFLA_IFNAME, "eth0").attribute(IFLA_MASTER, {1});
    REQUIRE(decode_link(short_master.get()));
    CHECK(decode_link(short_master.get())->master == 0);
}

TEST_CASE("An IPv4 address is held as an IPv4-mapped one") {
    Message message(RTM_NEWADDR, address_header(AF_INET, 24, RT_SCOPE_UNIVERSE));
    message.attribute(IFA_ADDRESS, {192, 0, 2, 1}).attribute(IFA_LOCAL, {192, 0, 2, 1});
    const auto address = decode_address(message.get());
    REQUIRE(address);
    CHECK(address->index == 7);
    CHECK(octets_of(address->address) == Octets{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1});
    CHECK(address->global);
    CHECK_FALSE(address->bare);
}

TEST_CASE("On a point-to-point link the address is this end's, and the peer makes it a network") {
    Message message(RTM_NEWADDR, address_header(AF_INET, 32, RT_SCOPE_UNIVERSE));
    message.attribute(IFA_ADDRESS, {10, 0, 0, 2}).attribute(IFA_LOCAL, {10, 0, 0, 1});
    REQUIRE(decode_address(message.get()));
    CHECK(octets_of(decode_address(message.get())->address).back() == 1);
    CHECK_FALSE(decode_address(message.get())->bare);
}

TEST_CASE("A full prefix without a peer is bare, in both families") {
    Message four(RTM_NEWADDR, address_header(AF_INET, 32, RT_SCOPE_UNIVERSE));
    four.attribute(IFA_ADDRESS, {10, 0, 0, 1}).attribute(IFA_LOCAL, {10, 0, 0, 1});
    REQUIRE(decode_address(four.get()));
    CHECK(decode_address(four.get())->bare);

    const Octets documentation = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    Message six(RTM_NEWADDR, address_header(AF_INET6, 128, RT_SCOPE_UNIVERSE));
    six.attribute(IFA_ADDRESS, documentation);
    REQUIRE(decode_address(six.get()));
    CHECK(decode_address(six.get())->bare);
    CHECK(octets_of(decode_address(six.get())->address) == documentation);
}

TEST_CASE("Only scope global is global, and only IPv4 and IPv6 of the right length are addresses") {
    Message link_local(RTM_NEWADDR, address_header(AF_INET6, 64, RT_SCOPE_LINK));
    link_local.attribute(IFA_ADDRESS, Octets(16, 1));
    REQUIRE(decode_address(link_local.get()));
    CHECK_FALSE(decode_address(link_local.get())->global);

    Message other_family(RTM_NEWADDR, address_header(AF_PACKET, 32, RT_SCOPE_UNIVERSE));
    other_family.attribute(IFA_ADDRESS, {1, 2, 3, 4});
    CHECK_FALSE(decode_address(other_family.get()));
    Message wrong_length(RTM_NEWADDR, address_header(AF_INET6, 64, RT_SCOPE_UNIVERSE));
    wrong_length.attribute(IFA_ADDRESS, {1, 2, 3, 4});
    CHECK_FALSE(decode_address(wrong_length.get()));
    Message empty(RTM_NEWADDR, address_header(AF_INET, 24, RT_SCOPE_UNIVERSE));
    CHECK_FALSE(decode_address(empty.get()));
}

TEST_CASE("A default route names the interface, or the interfaces, that it leaves by") {
    Message single(RTM_NEWROUTE, route_header(0));
    single.number(RTA_TABLE, RT_TABLE_MAIN).number(RTA_OIF, 3);
    CHECK(decode_default_route(single.get()) == std::vector<uint32_t>{3});

    Octets hops;
    for (int index : {4, 6}) {
        rtnexthop hop = {};
        hop.rtnh_len = sizeof hop;
        hop.rtnh_ifindex = index;
        const auto* begin = reinterpret_cast<const uint8_t*>(&hop);
        hops.insert(hops.end(), begin, begin + sizeof hop);
    }
    Message multipath(RTM_NEWROUTE, route_header(0));
    multipath.attribute(RTA_MULTIPATH, hops);
    CHECK(decode_default_route(multipath.get()) == std::vector<uint32_t>{4, 6});

    hops.resize(hops.size() - 1);  // the second hop is cut
    Message cut(RTM_NEWROUTE, route_header(0));
    cut.attribute(RTA_MULTIPATH, hops);
    CHECK(decode_default_route(cut.get()) == std::vector<uint32_t>{4});

    hops[0] = 20;  // length of the first hop, more than there is
    Message too_long(RTM_NEWROUTE, route_header(0));
    too_long.attribute(RTA_MULTIPATH, hops);
    CHECK(decode_default_route(too_long.get()) == std::vector<uint32_t>{4});

    hops[0] = 0;  // a length that would never get on
    Message empty(RTM_NEWROUTE, route_header(0));
    empty.attribute(RTA_MULTIPATH, hops);
    CHECK(decode_default_route(empty.get()).empty());
}

TEST_CASE("Routes to networks, of other tables and types are no default routes") {
    Message network(RTM_NEWROUTE, route_header(24));
    network.number(RTA_OIF, 3);
    CHECK(decode_default_route(network.get()).empty());
    Message policy(RTM_NEWROUTE, route_header(0));
    policy.number(RTA_TABLE, 1000).number(RTA_OIF, 3);
    CHECK(decode_default_route(policy.get()).empty());
    Message unreachable(RTM_NEWROUTE, route_header(0, RTN_UNREACHABLE));
    unreachable.number(RTA_OIF, 1);
    CHECK(decode_default_route(unreachable.get()).empty());
    Message without_interface(RTM_NEWROUTE, route_header(0));
    CHECK(decode_default_route(without_interface.get()).empty());
}

TEST_CASE("Links, addresses and default routes are relevant, scans and other routes are not") {
    Message link(RTM_DELLINK, link_header(5, 0));
    CHECK(is_relevant_change(link.get()));
    link.cut(sizeof(nlmsghdr) + sizeof(ifinfomsg) - 1);
    CHECK_FALSE(is_relevant_change(link.get()));
    Message scan(RTM_NEWLINK, link_header(5, 0));
    scan.attribute(IFLA_WIRELESS, {1, 2, 3, 4});
    CHECK_FALSE(is_relevant_change(scan.get()));
    Message address(RTM_DELADDR, address_header(AF_INET, 24, RT_SCOPE_UNIVERSE));
    CHECK(is_relevant_change(address.get()));
    Message route(RTM_DELROUTE, route_header(0));
    route.number(RTA_OIF, 3);
    CHECK(is_relevant_change(route.get()));
    Message network(RTM_NEWROUTE, route_header(8));
    network.number(RTA_OIF, 3);
    CHECK_FALSE(is_relevant_change(network.get()));
    Message rule(RTM_NEWRULE, route_header(0));
    CHECK_FALSE(is_relevant_change(rule.get()));
}
