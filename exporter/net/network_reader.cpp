#include "exporter/net/network_reader.h"

#include <linux/rtnetlink.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <functional>
#include <tuple>

#include "exporter/net/netlink_ask.h"
#include "exporter/net/rtnetlink.h"

namespace dnsexp {
namespace {

constexpr int kDumpTries = 8;

// `reset` clears what an interrupted dump had collected.
Status dump(uint16_t type, const char* what, const std::function<void()>& reset,
            const NetlinkVisitor& visitor) {
    int error = EINTR;
    for (int i = 0; i < kDumpTries && error == EINTR; ++i) {
        reset();
        error = dump_rtnetlink(type, visitor);
    }
    if (error == 0) return ok();
    return Error{.operation = "read the kernel's list of",
                 .object = what,
                 .errnum = error,
                 .detail = error == EINTR ? "it changed while it was read, each time" : "rtnetlink dump",
                 .hint = error == EINTR ? "it is read again at the next change" : ""};
}

// Before Linux 5.14 the kernel's message does not name the parent device; sysfs does. Only links without a
// kind are looked up, and by name and index, since /sys may have been mounted in another network namespace.
bool has_device_in_sysfs(const Link& link) {
    if (!link.kind.empty() || link.loopback) return false;
    const std::string folder = "/sys/class/net/" + link.name;
    uint32_t index = 0;
    std::ifstream file(folder + "/ifindex");
    return file >> index && index == link.index && access((folder + "/device").c_str(), F_OK) == 0;
}

void add_address(NetworkState& state, std::set<uint32_t>& with_network, const InterfaceAddress& address) {
    state.own_addresses.push_back(address.address);
    if (!address.global) return;
    state.with_global_address.insert(address.index);
    if (!address.bare) with_network.insert(address.index);
}

auto as_tuple(const dns_address& address) {
    return std::tuple(address.high, address.low);
}

void sort_and_unite(std::vector<dns_address>& addresses) {
    std::sort(addresses.begin(), addresses.end(),
              [](const auto& a, const auto& b) { return as_tuple(a) < as_tuple(b); });
    const auto end = std::unique(addresses.begin(), addresses.end(),
                                 [](const auto& a, const auto& b) { return as_tuple(a) == as_tuple(b); });
    addresses.erase(end, addresses.end());
}

Status read_links(NetworkState& state) {
    auto status = dump(
        RTM_GETLINK, "interfaces", [&] { state.links.clear(); },
        [&](const nlmsghdr& message) {
            if (auto link = decode_link(message)) state.links.push_back(std::move(*link));
        });
    if (!status) return status;
    for (Link& link : state.links) link.physical = link.physical || has_device_in_sysfs(link);
    std::sort(state.links.begin(), state.links.end(),
              [](const Link& a, const Link& b) { return a.index < b.index; });
    return ok();
}

Status read_addresses(NetworkState& state) {
    std::set<uint32_t> with_network;
    const auto reset = [&] {
        state.own_addresses.clear();
        state.with_global_address.clear();
        with_network.clear();
    };
    auto status = dump(RTM_GETADDR, "addresses", reset, [&](const nlmsghdr& message) {
        if (const auto address = decode_address(message)) add_address(state, with_network, *address);
    });
    if (!status) return status;
    std::set_difference(state.with_global_address.begin(), state.with_global_address.end(),
                        with_network.begin(), with_network.end(),
                        std::inserter(state.host_address_only, state.host_address_only.end()));
    sort_and_unite(state.own_addresses);
    return ok();
}

Status read_default_routes(NetworkState& state) {
    return dump(
        RTM_GETROUTE, "routes", [&] { state.with_default_route.clear(); },
        [&](const nlmsghdr& message) {
            for (uint32_t index : decode_default_route(message)) state.with_default_route.insert(index);
        });
}

}  // namespace

Result<NetworkState> read_network_state() {
    NetworkState state;
    for (auto step : {read_links, read_addresses, read_default_routes}) {
        if (auto status = step(state); !status) return status.error();
    }
    return state;
}

}  // namespace dnsexp
