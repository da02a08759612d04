// Asks the kernel by netlink, on a socket of its own a question.
#pragma once

#include <libmnl/libmnl.h>

#include <cstdint>
#include <functional>

namespace dnsexp {

using NetlinkVisitor = std::function<void(const nlmsghdr&)>;

// What every request bears as its number, and every message of the answer too: one request a socket.
inline constexpr uint32_t kNetlinkSequence = 1;

// Sends `request` and hands each message of the answer to `visitor`, up to the end of the dump or the
// acknowledgement. Returns 0 or an errno; EINTR where a dump is not consistent. `bus`: NETLINK_ROUTE ...
// Thread-safe.
int ask_netlink(int bus, const nlmsghdr& request, const NetlinkVisitor& visitor);

// A dump of rtnetlink(7) over all families: RTM_GETLINK, RTM_GETADDR or RTM_GETROUTE. As ask_netlink().
int dump_rtnetlink(uint16_t type, const NetlinkVisitor& visitor);

}  // namespace dnsexp
