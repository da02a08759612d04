// Which interfaces to observe. Pure: from the state and the user's patterns to a list.
#pragma once

#include <string>
#include <vector>

#include "exporter/net/network_state.h"

namespace dnsexp {

struct ChosenLink {
    Link link;
    bool named =
        false;  // a pattern is exactly its name: the user meant this one, so a failure on it is an error
};

// With patterns (shell globs, fnmatch(3)): every link that one of them matches, up or down, loopback too.
//
// Without: loopback, and those that are up and carry a default route or a global address, so that a query is
// counted once and not at every hop inside the host:
//  - A bridge counts if an uplink is among its ports (hardware, or a bond, team or VLAN of some) or the
//  default route
//    leaves by it; others join containers or virtual machines. Of such a stack the bridge is chosen and no
//    port of it: it has the host's address, and sees what the host asks and is asked, by its guests too, but
//    not what guests and the world say to each other across it.
//  - A bond or team is chosen and no port of it.
//  - A VLAN, macvlan or ipvlan device over a chosen device is left out: the one below sees its packets. Where
//  the one
//    below has no address, the upper one is chosen alone.
//  - veth, overlay tunnels (vxlan, geneve, ipip) and dummies need a default route or an address with a
//  network. A bare
//    /32 or /128 on them is a container network's plumbing (flannel.1, tunl0, the host's end of a pod's
//    veth).
//  - A VRF device is left out: its ports carry the addresses.
// By rising index.
std::vector<ChosenLink> choose_interfaces(const NetworkState& state,
                                          const std::vector<std::string>& patterns);

struct LeftOut {
    Link link;
    std::string reason;  // a clause that goes with "it is not watched, since"
};

// The links that choose_interfaces() without patterns does not choose, and why, by rising index.
std::vector<LeftOut> explain_left_out(const NetworkState& state);

// The patterns without a wildcard that no link has as its name, in their order.
std::vector<std::string> missing_named(const NetworkState& state, const std::vector<std::string>& patterns);

}  // namespace dnsexp
