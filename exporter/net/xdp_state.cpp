#include "exporter/net/xdp_state.h"

#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <array>
#include <cstring>

#include "exporter/net/netlink_ask.h"

namespace dnsexp {
namespace {

// From Linux 6.3's uapi/linux/netdev.h, which Debian 12's headers predate.
constexpr const char* kNetdevFamily = "netdev";
constexpr uint8_t kNetdevVersion = 1;
constexpr uint8_t kNetdevGet = 1;        // NETDEV_CMD_DEV_GET
constexpr uint16_t kNetdevIfindex = 1;   // NETDEV_A_DEV_IFINDEX, u32
constexpr uint16_t kNetdevFeatures = 3;  // NETDEV_A_DEV_XDP_FEATURES, u64
constexpr uint64_t kXdpActBasic = 1;     // NETDEV_XDP_ACT_BASIC: pass, drop, abort and tx in the driver
constexpr size_t kRequestOctets = 256;   // headers and one short attribute

// The first attribute of one of the types first..last with at least so many octets.
struct Search {
    uint16_t first, last;
    size_t octets;
    const nlattr* found = nullptr;

    static int look(const nlattr* attribute, void* self) {
        auto& search = *static_cast<Search*>(self);
        const uint16_t type = mnl_attr_get_type(attribute);
        if (type < search.first || type > search.last || mnl_attr_get_payload_len(attribute) < search.octets)
            return MNL_CB_OK;
        search.found = attribute;
        return MNL_CB_STOP;
    }
};

// The attribute behind a message's fixed header, or null.
const nlattr* attribute_of(const nlmsghdr& message, size_t header, uint16_t type, size_t octets) {
    if (message.nlmsg_len < MNL_NLMSG_HDRLEN + header) return nullptr;
    Search search{type, type, octets};
    mnl_attr_parse(&message, static_cast<unsigned int>(header), Search::look, &search);
    return search.found;
}

nlmsghdr* put_generic_header(char* buffer, uint16_t type, uint16_t flags, uint8_t command, uint8_t version) {
    nlmsghdr* header = mnl_nlmsg_put_header(buffer);
    header->nlmsg_type = type;
    header->nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | flags);
    header->nlmsg_seq = kNetlinkSequence;
    auto* generic = static_cast<genlmsghdr*>(mnl_nlmsg_put_extra_header(header, sizeof(genlmsghdr)));
    generic->cmd = command;
    generic->version = version;
    return header;
}

// The number that the kernel gave the family `netdev`; 0: it has none.
uint16_t find_netdev_family() {
    alignas(nlmsghdr) std::array<char, kRequestOctets> buffer = {};
    nlmsghdr* request = put_generic_header(buffer.data(), GENL_ID_CTRL, NLM_F_ACK, CTRL_CMD_GETFAMILY, 1);
    mnl_attr_put_strz(request, CTRL_ATTR_FAMILY_NAME, kNetdevFamily);
    uint16_t family = 0;
    ask_netlink(NETLINK_GENERIC, *request, [&](const nlmsghdr& message) {
        const nlattr* id = attribute_of(message, sizeof(genlmsghdr), CTRL_ATTR_FAMILY_ID, sizeof(uint16_t));
        if (id != nullptr) family = mnl_attr_get_u16(id);
    });
    return family;
}

}  // namespace

std::optional<std::pair<uint32_t, uint32_t>> decode_xdp_program(const nlmsghdr& message) {
    const nlattr* xdp = attribute_of(message, sizeof(ifinfomsg), IFLA_XDP, 0);
    if (xdp == nullptr) return std::nullopt;
    ifinfomsg header;
    std::memcpy(&header, mnl_nlmsg_get_payload(&message), sizeof header);
    // With programs in several places there is no IFLA_XDP_PROG_ID, but one of each place.
    Search search{IFLA_XDP_PROG_ID, IFLA_XDP_HW_PROG_ID, sizeof(uint32_t)};
    mnl_attr_parse_nested(xdp, Search::look, &search);
    const uint32_t program = search.found != nullptr ? mnl_attr_get_u32(search.found) : 0;
    return std::pair(static_cast<uint32_t>(header.ifi_index), program);
}

std::optional<std::pair<uint32_t, bool>> decode_xdp_features(const nlmsghdr& message) {
    const nlattr* index = attribute_of(message, sizeof(genlmsghdr), kNetdevIfindex, sizeof(uint32_t));
    const nlattr* features = attribute_of(message, sizeof(genlmsghdr), kNetdevFeatures, sizeof(uint64_t));
    if (index == nullptr || features == nullptr) return std::nullopt;
    return std::pair(mnl_attr_get_u32(index), (mnl_attr_get_u64(features) & kXdpActBasic) != 0);
}

std::map<uint32_t, XdpState> read_xdp_states() {
    std::map<uint32_t, XdpState> states;
    dump_rtnetlink(RTM_GETLINK, [&](const nlmsghdr& message) {
        if (const auto found = decode_xdp_program(message)) states[found->first].program = found->second;
    });
    const uint16_t family = find_netdev_family();
    if (family == 0) return states;
    alignas(nlmsghdr) std::array<char, kRequestOctets> buffer = {};
    const nlmsghdr* request =
        put_generic_header(buffer.data(), family, NLM_F_DUMP, kNetdevGet, kNetdevVersion);
    ask_netlink(NETLINK_GENERIC, *request, [&](const nlmsghdr& message) {
        if (const auto found = decode_xdp_features(message)) states[found->first].native = found->second;
    });
    return states;
}

}  // namespace dnsexp
