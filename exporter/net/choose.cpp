#include "exporter/net/choose.h"

#include <fnmatch.h>

#include <algorithm>
#include <initializer_list>
#include <map>
#include <string_view>

namespace dnsexp {
namespace {

constexpr int kStackDepth = 8;  // MAX_NEST_DEV of the kernel's netdevice.h: no stack is deeper

bool is_one_of(std::string_view kind, std::initializer_list<std::string_view> kinds) {
    return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

// Devices that pass the packets of their ports on as they are.
bool joins_ports(const Link& link) {
    return is_one_of(link.kind, {"bridge", "bond", "team"});
}

// Devices whose packets cross the lower device readable. A veth's IFLA_LINK is its peer; a tunnel's packets
// are wrapped.
bool shares_packets_below(const Link& link) {
    return is_one_of(link.kind, {"vlan", "macvlan", "macvtap", "ipvlan", "ipvtap", "dsa"});
}

bool is_container_plumbing(const Link& link) {
    return is_one_of(link.kind, {"veth", "netkit", "vxlan", "geneve", "ipip", "dummy"});
}

class DefaultChoice {
  public:
    explicit DefaultChoice(const NetworkState& state) : state_(state) {
        for (const Link& link : state.links) by_index_[link.index] = &link;
        for (const Link& link : state.links)
            if (carries_host_traffic(link)) chosen_.insert(link.index);
        drop_if([this](const Link& link) { return has_chosen_master(link); });
        drop_if([this](const Link& link) { return is_above_chosen(link, kStackDepth); });
    }

    [[nodiscard]] bool contains(const Link& link) const {
        return link.loopback || chosen_.count(link.index) != 0;
    }

    // Of a link that is not contained.
    [[nodiscard]] std::string reason_without(const Link& link) const {
        if (carries_host_traffic(link)) return reason_dropped(link);
        if (!link.up) return "it is down";
        if (link.kind == "vrf") return "it is a VRF, whose ports have the addresses";
        if (state_.with_global_address.count(link.index) == 0)
            return "it has no default route and no global address";
        if (link.kind == "bridge") return "it is a bridge without an uplink among its ports";
        if (link.kind == "openvswitch") return "it is a bridge of Open vSwitch without a default route";
        return "it joins containers: its only addresses are bare ones";
    }

  private:
    [[nodiscard]] std::string reason_dropped(const Link& link) const {
        return has_chosen_master(link) ? "it is a port of an interface that is watched"
                                       : "its packets cross an interface that is watched";
    }

    [[nodiscard]] const Link* find(uint32_t index) const {
        const auto found = by_index_.find(index);
        return found == by_index_.end() ? nullptr : found->second;
    }

    [[nodiscard]] bool any_port(const Link& link, auto predicate) const {
        return joins_ports(link) &&
               std::any_of(state_.links.begin(), state_.links.end(),
                           [&](const Link& port) { return port.master == link.index && predicate(port); });
    }

    [[nodiscard]] bool is_uplink(const Link& link, int depth) const {
        if (depth == 0) return false;
        if (link.physical) return true;
        if (any_port(link, [&](const Link& port) { return is_uplink(port, depth - 1); })) return true;
        const Link* lower = shares_packets_below(link) ? find(link.lower) : nullptr;
        return lower != nullptr && is_uplink(*lower, depth - 1);
    }

    [[nodiscard]] bool carries_host_traffic(const Link& link) const {
        if (!link.up || link.loopback || link.kind == "vrf") return false;
        if (state_.with_default_route.count(link.index) != 0) return true;
        if (state_.with_global_address.count(link.index) == 0) return false;
        if (link.kind == "bridge") return is_uplink(link, kStackDepth);
        // All Open vSwitch bridges of a host share one datapath, so which of them has the uplink can't be
        // seen.
        if (link.kind == "openvswitch") return false;
        return !is_container_plumbing(link) || state_.host_address_only.count(link.index) == 0;
    }

    [[nodiscard]] bool has_chosen_master(const Link& link) const {
        const Link* master = find(link.master);
        for (int depth = kStackDepth; master != nullptr && depth > 0; --depth) {
            if (joins_ports(*master) && chosen_.count(master->index) != 0) return true;
            master = find(master->master);
        }
        return false;
    }

    // Whether a packet of `link` crosses a chosen device further down.
    [[nodiscard]] bool is_above_chosen(const Link& link, int depth) const {
        if (depth == 0) return false;
        const auto crosses = [&](const Link& below) {
            return chosen_.count(below.index) != 0 || is_above_chosen(below, depth - 1);
        };
        const Link* lower = shares_packets_below(link) ? find(link.lower) : nullptr;
        return (lower != nullptr && crosses(*lower)) || any_port(link, crosses);
    }

    // Judges all before it drops any, so the result does not depend on the order.
    void drop_if(auto predicate) {
        std::vector<uint32_t> dropped;
        for (uint32_t index : chosen_)
            if (predicate(*find(index))) dropped.push_back(index);
        for (uint32_t index : dropped) chosen_.erase(index);
    }

    const NetworkState& state_;
    std::map<uint32_t, const Link*> by_index_;
    std::set<uint32_t> chosen_;
};

bool has_wildcard(const std::string& pattern) {
    return pattern.find_first_of("*?[\\") != std::string::npos;
}

}  // namespace

std::vector<ChosenLink> choose_interfaces(const NetworkState& state,
                                          const std::vector<std::string>& patterns) {
    std::vector<ChosenLink> chosen;
    if (patterns.empty()) {
        const DefaultChoice choice(state);
        for (const Link& link : state.links)
            if (choice.contains(link)) chosen.push_back({link, false});
    } else {
        for (const Link& link : state.links) {
            const bool named = std::find(patterns.begin(), patterns.end(), link.name) != patterns.end();
            const bool matched =
                named || std::any_of(patterns.begin(), patterns.end(), [&](const auto& pattern) {
                    return fnmatch(pattern.c_str(), link.name.c_str(), 0) == 0;
                });
            if (matched) chosen.push_back({link, named});
        }
    }
    std::sort(chosen.begin(), chosen.end(),
              [](const ChosenLink& a, const ChosenLink& b) { return a.link.index < b.link.index; });
    return chosen;
}

std::vector<LeftOut> explain_left_out(const NetworkState& state) {
    const DefaultChoice choice(state);
    std::vector<LeftOut> left_out;
    for (const Link& link : state.links)
        if (!choice.contains(link)) left_out.push_back({link, choice.reason_without(link)});
    std::sort(left_out.begin(), left_out.end(),
              [](const LeftOut& a, const LeftOut& b) { return a.link.index < b.link.index; });
    return left_out;
}

std::vector<std::string> missing_named(const NetworkState& state, const std::vector<std::string>& patterns) {
    std::vector<std::string> missing;
    for (const std::string& pattern : patterns) {
        const bool there = std::any_of(state.links.begin(), state.links.end(),
                                       [&](const Link& link) { return link.name == pattern; });
        if (!there && !has_wildcard(pattern)) missing.push_back(pattern);
    }
    return missing;
}

}  // namespace dnsexp
