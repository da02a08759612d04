#include "exporter/net/rtnetlink.h"

#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

namespace dnsexp {
namespace {

constexpr size_t kIpv4Octets = 4;
constexpr size_t kIpv6Octets = 16;

// Attributes by type; those above the last one that is asked for are left out.
template <size_t Last>
struct Attributes {
    std::array<const nlattr*, Last + 1> by_type = {};

    const nlattr* operator[](size_t type) const { return by_type[type]; }

    static int store(const nlattr* attribute, void* self) {
        const uint16_t type = mnl_attr_get_type(attribute);
        if (type <= Last) static_cast<Attributes*>(self)->by_type[type] = attribute;
        return MNL_CB_OK;
    }
};

// The fixed header of a message, copied out, or nothing where the message is shorter.
template <typename Header>
std::optional<Header> header_of(const nlmsghdr& message) {
    if (message.nlmsg_len < MNL_NLMSG_HDRLEN + sizeof(Header)) return std::nullopt;
    Header header;
    std::memcpy(&header, mnl_nlmsg_get_payload(&message), sizeof header);
    return header;
}

template <size_t Last, typename Header>
Attributes<Last> attributes_after(const nlmsghdr& message) {
    Attributes<Last> attributes;
    mnl_attr_parse(&message, sizeof(Header), Attributes<Last>::store, &attributes);
    return attributes;
}

uint32_t number(const nlattr* attribute) {
    if (attribute == nullptr || mnl_attr_get_payload_len(attribute) < sizeof(uint32_t)) return 0;
    return mnl_attr_get_u32(attribute);
}

std::string text(const nlattr* attribute) {
    if (attribute == nullptr) return {};
    const auto* octets = static_cast<const char*>(mnl_attr_get_payload(attribute));
    return {octets, strnlen(octets, mnl_attr_get_payload_len(attribute))};
}

std::string kind_of(const nlattr* link_info) {
    if (link_info == nullptr) return {};
    Attributes<IFLA_INFO_KIND> nested;
    mnl_attr_parse_nested(link_info, Attributes<IFLA_INFO_KIND>::store, &nested);
    return text(nested[IFLA_INFO_KIND]);
}

std::optional<dns_address> address_from(const nlattr* attribute, uint8_t family) {
    const size_t length = family == AF_INET ? kIpv4Octets : kIpv6Octets;
    if (attribute == nullptr || mnl_attr_get_payload_len(attribute) != length) return std::nullopt;
    std::array<uint8_t, kIpv6Octets> octets = {};
    if (family == AF_INET) octets[10] = octets[11] = 0xff;  // ::ffff:a.b.c.d, RFC 4291, 2.5.5.2
    std::memcpy(octets.data() + kIpv6Octets - length, mnl_attr_get_payload(attribute), length);
    dns_address address;
    static_assert(sizeof address == kIpv6Octets);
    std::memcpy(&address, octets.data(), sizeof address);
    return address;
}

bool same_payload(const nlattr* a, const nlattr* b) {
    const size_t length = mnl_attr_get_payload_len(a);
    return length == mnl_attr_get_payload_len(b) &&
           std::memcmp(mnl_attr_get_payload(a), mnl_attr_get_payload(b), length) == 0;
}

// RTA_MULTIPATH holds records of struct rtnexthop, each with attributes of its own behind it.
std::vector<uint32_t> hops_of(const nlattr* multipath) {
    std::vector<uint32_t> indexes;
    const auto* octets = static_cast<const uint8_t*>(mnl_attr_get_payload(multipath));
    size_t left = mnl_attr_get_payload_len(multipath);
    rtnexthop hop;
    while (left >= sizeof hop) {
        std::memcpy(&hop, octets, sizeof hop);
        if (hop.rtnh_len < sizeof hop) break;
        indexes.push_back(static_cast<uint32_t>(hop.rtnh_ifindex));
        const size_t step = RTNH_ALIGN(hop.rtnh_len);
        if (step > left) break;
        octets += step;
        left -= step;
    }
    return indexes;
}

}  // namespace

std::optional<Link> decode_link(const nlmsghdr& message) {
    const auto header = header_of<ifinfomsg>(message);
    if (!header || header->ifi_index <= 0) return std::nullopt;
    const auto attributes = attributes_after<IFLA_PARENT_DEV_NAME, ifinfomsg>(message);
    Link link;
    link.index = static_cast<uint32_t>(header->ifi_index);
    link.name = text(attributes[IFLA_IFNAME]);
    if (link.name.empty()) return std::nullopt;
    link.kind = kind_of(attributes[IFLA_LINKINFO]);
    link.hardware_type = header->ifi_type;
    link.up = (header->ifi_flags & IFF_UP) != 0;
    link.loopback = (header->ifi_flags & IFF_LOOPBACK) != 0;
    link.master = number(attributes[IFLA_MASTER]);
    // With a namespace id the index is that of another namespace, where it means another device.
    if (attributes[IFLA_LINK_NETNSID] == nullptr) link.lower = number(attributes[IFLA_LINK]);
    if (link.lower == link.index) link.lower = 0;  // tunnels without a device below name themselves
    link.physical = attributes[IFLA_PARENT_DEV_NAME] != nullptr;
    return link;
}

std::optional<InterfaceAddress> decode_address(const nlmsghdr& message) {
    const auto header = header_of<ifaddrmsg>(message);
    if (!header || (header->ifa_family != AF_INET && header->ifa_family != AF_INET6)) return std::nullopt;
    const auto attributes = attributes_after<IFA_LOCAL, ifaddrmsg>(message);
    // IFA_LOCAL is this end, IFA_ADDRESS the peer's on a point-to-point link; else both are the same, or only
    // the latter is there (IPv6).
    const nlattr* peer = attributes[IFA_ADDRESS];
    const nlattr* local = attributes[IFA_LOCAL] != nullptr ? attributes[IFA_LOCAL] : peer;
    const auto address = address_from(local, header->ifa_family);
    if (!address) return std::nullopt;
    const size_t full = 8 * (header->ifa_family == AF_INET ? kIpv4Octets : kIpv6Octets);
    InterfaceAddress result;
    result.index = header->ifa_index;
    result.address = *address;
    result.global = header->ifa_scope == RT_SCOPE_UNIVERSE;
    result.bare = header->ifa_prefixlen == full && (peer == nullptr || same_payload(local, peer));
    return result;
}

std::vector<uint32_t> decode_default_route(const nlmsghdr& message) {
    const auto header = header_of<rtmsg>(message);
    if (!header || (header->rtm_family != AF_INET && header->rtm_family != AF_INET6)) return {};
    if (header->rtm_dst_len != 0 || header->rtm_type != RTN_UNICAST ||
        (header->rtm_flags & RTM_F_CLONED) != 0)
        return {};
    const auto attributes = attributes_after<RTA_TABLE, rtmsg>(message);
    const uint32_t table =
        attributes[RTA_TABLE] != nullptr ? number(attributes[RTA_TABLE]) : header->rtm_table;
    if (table != RT_TABLE_MAIN) return {};
    if (attributes[RTA_MULTIPATH] != nullptr) return hops_of(attributes[RTA_MULTIPATH]);
    const uint32_t index = number(attributes[RTA_OIF]);
    return index != 0 ? std::vector{index} : std::vector<uint32_t>{};
}

bool is_relevant_change(const nlmsghdr& message) {
    switch (message.nlmsg_type) {
        case RTM_NEWLINK:
        case RTM_DELLINK: {
            const auto header = header_of<ifinfomsg>(message);
            // Scans of a wireless card come as RTM_NEWLINK too, several a minute, and change nothing.
            return header && attributes_after<IFLA_WIRELESS, ifinfomsg>(message)[IFLA_WIRELESS] == nullptr;
        }
        case RTM_NEWADDR:
        case RTM_DELADDR:
            return true;
        case RTM_NEWROUTE:
        case RTM_DELROUTE:
            return !decode_default_route(message).empty();
        default:
            return false;
    }
}

}  // namespace dnsexp
