#include "exporter/net/netlink_ask.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <vector>

namespace dnsexp {
namespace {

constexpr size_t kBufferOctets =
    65536;  // a dump comes in parts of at most 32 KiB (netlink_recvmsg of the kernel)

struct SocketCloser {
    void operator()(mnl_socket* socket) const { mnl_socket_close(socket); }
};
using Socket = std::unique_ptr<mnl_socket, SocketCloser>;

int visit(const nlmsghdr* message, void* visitor) {
    (*static_cast<const NetlinkVisitor*>(visitor))(*message);
    return MNL_CB_OK;
}

}  // namespace

int ask_netlink(int bus, const nlmsghdr& request, const NetlinkVisitor& visitor) {
    // What is left in the socket of an interrupted dump goes away with it.
    const Socket socket(mnl_socket_open2(bus, SOCK_CLOEXEC));
    if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0) return errno;
    if (mnl_socket_sendto(socket.get(), &request, request.nlmsg_len) < 0) return errno;

    const unsigned int port = mnl_socket_get_portid(socket.get());
    std::vector<char> buffer(kBufferOctets);
    while (true) {
        const ssize_t length = mnl_socket_recvfrom(socket.get(), buffer.data(), buffer.size());
        if (length < 0) {
            if (errno == EINTR) continue;  // a signal: nothing was lost
            return errno;
        }
        const int verdict = mnl_cb_run(buffer.data(), static_cast<size_t>(length), kNetlinkSequence, port,
                                       visit, const_cast<NetlinkVisitor*>(&visitor));
        if (verdict < 0) return errno;
        if (verdict == MNL_CB_STOP) return 0;
    }
}

int dump_rtnetlink(uint16_t type, const NetlinkVisitor& visitor) {
    alignas(nlmsghdr) char request[MNL_NLMSG_HDRLEN + sizeof(ifinfomsg) + 2 * sizeof(uint32_t)] = {};
    nlmsghdr* header = mnl_nlmsg_put_header(request);
    header->nlmsg_type = type;
    header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    header->nlmsg_seq = kNetlinkSequence;
    // All zero: of every family. The link's header is the longest of the three; the kernel reads what it
    // needs.
    mnl_nlmsg_put_extra_header(header, sizeof(ifinfomsg));
    if (type == RTM_GETLINK) mnl_attr_put_u32(header, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    return ask_netlink(NETLINK_ROUTE, *header, visitor);
}

}  // namespace dnsexp
