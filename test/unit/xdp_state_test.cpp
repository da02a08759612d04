#include "exporter/net/xdp_state.h"

#include <linux/genetlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <catch2/catch.hpp>

using namespace dnsexp;

namespace {

// Numbers of linux/if_link.h and linux/netdev.h, written out.
constexpr uint16_t kXdp = 43, kAttached = 2, kProgId = 4, kDrvProgId = 5;
constexpr uint16_t kIfindex = 1, kFeatures = 3;

template <typename Header>
struct Message {
    alignas(nlmsghdr) char buffer[512] = {};
    nlmsghdr* header = mnl_nlmsg_put_header(buffer);
    Header* fixed = static_cast<Header*>(mnl_nlmsg_put_extra_header(header, sizeof(Header)));
};

}  // namespace

TEST_CASE("A link's XDP program is the one that is attached, wherever it is") {
    for (const uint16_t type : {kProgId, kDrvProgId}) {
        Message<ifinfomsg> message;
        message.fixed->ifi_index = 7;
        nlattr* xdp = mnl_attr_nest_start(message.header, kXdp);
        mnl_attr_put_u8(message.header, kAttached, 1);
        mnl_attr_put_u32(message.header, type, 77);
        mnl_attr_nest_end(message.header, xdp);
        const auto found = decode_xdp_program(*message.header);
        REQUIRE(found);
        CHECK(found->first == 7);
        CHECK(found->second == 77);
    }
}

TEST_CASE("A link without a program, or a message that is cut, has none") {
    Message<ifinfomsg> message;
    message.fixed->ifi_index = 7;
    CHECK_FALSE(decode_xdp_program(*message.header));
    nlattr* xdp = mnl_attr_nest_start(message.header, kXdp);
    mnl_attr_put_u8(message.header, kAttached, 0);
    mnl_attr_put_u16(message.header, kProgId, 77);  // too short for an id
    mnl_attr_nest_end(message.header, xdp);
    REQUIRE(decode_xdp_program(*message.header));
    CHECK(decode_xdp_program(*message.header)->second == 0);
    message.header->nlmsg_len = MNL_NLMSG_HDRLEN + 4;
    CHECK_FALSE(decode_xdp_program(*message.header));
}

TEST_CASE("A driver has XDP where it can at least pass and drop (NETDEV_XDP_ACT_BASIC)") {
    for (const auto& [features, native] :
         {std::pair<uint64_t, bool>{0x23, true}, {1, true}, {0x22, false}, {0, false}}) {
        Message<genlmsghdr> message;
        mnl_attr_put_u32(message.header, kIfindex, 5);
        CHECK_FALSE(decode_xdp_features(*message.header));
        mnl_attr_put_u64(message.header, kFeatures, features);
        const auto found = decode_xdp_features(*message.header);
        REQUIRE(found);
        CHECK(found->first == 5);
        CHECK(found->second == native);
    }
}

TEST_CASE("Loopback runs no XDP in a driver, and is known to the kernel") {
    const auto states = read_xdp_states();
    const auto lo = states.find(if_nametoindex("lo"));
    // Before Linux 6.3 nothing is known of it.
    if (lo != states.end()) CHECK_FALSE(lo->second.native.value_or(false));
    CHECK(states.count(0) == 0);
}
