#include "exporter/net/network_watcher.h"

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <vector>

#include "exporter/net/rtnetlink.h"

namespace dnsexp {
namespace {

constexpr rtnetlink_groups kGroups[] = {RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
                                        RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE};
constexpr size_t kBufferOctets = 65536;  // a notification is one message, far shorter
constexpr int kReadsAtOnce = 4096;       // bound of one changed(): a flood must not hold the caller

Error watch_error(const char* call) {
    return Error{.operation = "watch interfaces", .object = "", .errnum = errno, .detail = call, .hint = ""};
}

bool any_relevant(const char* octets, size_t length) {
    const auto* message = reinterpret_cast<const nlmsghdr*>(octets);
    for (int left = static_cast<int>(length); mnl_nlmsg_ok(message, left);
         message = mnl_nlmsg_next(message, &left))
        if (is_relevant_change(*message)) return true;
    return false;
}

}  // namespace

Result<std::unique_ptr<NetworkWatcher>> NetworkWatcher::make() {
    UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
    if (!socket) return watch_error("socket");
    sockaddr_nl address = {};
    address.nl_family = AF_NETLINK;
    if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
        return watch_error("bind");
    for (int group : kGroups) {
        if (setsockopt(socket.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) < 0)
            return watch_error("join an rtnetlink group");
    }
    return std::unique_ptr<NetworkWatcher>(new NetworkWatcher(std::move(socket)));
}

bool NetworkWatcher::changed() {
    bool relevant = false;
    std::vector<char> buffer(kBufferOctets);
    for (int i = 0; i < kReadsAtOnce; ++i) {
        sockaddr_nl sender = {};
        socklen_t sender_length = sizeof sender;
        const ssize_t length = recvfrom(socket_.get(), buffer.data(), buffer.size(), MSG_TRUNC,
                                        reinterpret_cast<sockaddr*>(&sender), &sender_length);
        if (length < 0) {
            if (errno == EAGAIN) return relevant;
            if (errno == EINTR) continue;
            relevant = true;
            if (errno == ENOBUFS) continue;
            return relevant;
        }
        if (sender.nl_pid != 0) continue;  // not from the kernel: any process may write to this socket
        if (static_cast<size_t>(length) > buffer.size())
            relevant = true;  // too long to read, so take it as one
        else
            relevant = any_relevant(buffer.data(), static_cast<size_t>(length)) || relevant;
    }
    return true;  // still more to come
}

}  // namespace dnsexp
