// What each interface offers XDP programs, and which one is there.
#pragma once

#include <libmnl/libmnl.h>

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

namespace dnsexp {

struct XdpState {
    // Whether the driver runs programs itself; nothing where the kernel doesn't tell (before Linux 6.3).
    std::optional<bool> native;
    uint32_t program = 0;  // id of the one that is attached, in the driver or not; 0: none
};

// By ifindex, of this network namespace. Interfaces of which nothing is known are left out, and so is what
// can't be read. Needs no privilege. Thread-safe.
std::map<uint32_t, XdpState> read_xdp_states();

// ---- the pure parts ----

// {ifindex, id of the program} from RTM_NEWLINK; the id is 0 where there is none.
std::optional<std::pair<uint32_t, uint32_t>> decode_xdp_program(const nlmsghdr& message);

// {ifindex, whether the driver has XDP} from an answer of the generic netlink family `netdev`.
std::optional<std::pair<uint32_t, bool>> decode_xdp_features(const nlmsghdr& message);

}  // namespace dnsexp
