#include "test/truth/wire_pair.h"

#include <arpa/inet.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <string>

namespace dnsexp::test {
namespace {

constexpr const char* sending_end = "truth0";
constexpr const char* receiving_end = "truth1";
constexpr int arrival_timeout_ms = 2000;
constexpr size_t vlan_tag = 4;  // octets; the kernel takes the outer tag off before it shows the packet

Status run(const std::string& command) {
    if (std::system(command.c_str()) == 0) return ok();  // NOLINT: words of this file only
    return Error{"run", command, 0, "it failed", "it needs root and iproute2"};
}

// Nothing but what is sent shall arrive: no neighbour discovery. MTU: the most that a veth device takes.
Status make_pair() {
    std::ofstream("/proc/sys/net/ipv6/conf/default/disable_ipv6") << 1;
    const std::string names = std::string(sending_end) + " mtu 65535 type veth peer name " + receiving_end;
    if (auto status = run("ip link add " + names + " mtu 65535"); !status) return status;
    if (auto status = run(std::string("ip link set up ") + sending_end); !status) return status;
    return run(std::string("ip link set up ") + receiving_end);
}

Status attach_tc(int program, int index) {
    LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = index, .attach_point = BPF_TC_INGRESS);
    if (const int error = bpf_tc_hook_create(&hook); error != 0 && error != -EEXIST)
        return Error{"make clsact", receiving_end, -error, "", ""};
    LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = program);
    if (const int error = bpf_tc_attach(&hook, &options); error != 0)
        return Error{"attach to TC", receiving_end, -error, "", ""};
    return ok();
}

// A program that does not take packets in fragments can't be in the driver of a device with this MTU.
Status attach_xdp(int program, int index) {
    int error = bpf_xdp_attach(index, program, XDP_FLAGS_DRV_MODE, nullptr);
    if (error != 0) error = bpf_xdp_attach(index, program, XDP_FLAGS_SKB_MODE, nullptr);
    if (error != 0) return Error{"attach to XDP", receiving_end, -error, "", ""};
    return ok();
}

Result<UniqueFd> tap_of(int index) {
    UniqueFd tap(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL)));
    if (!tap) return Error{"open packet socket", receiving_end, errno, "", ""};
    sockaddr_ll at{};
    at.sll_family = AF_PACKET;
    at.sll_ifindex = index;
    at.sll_protocol = htons(ETH_P_ALL);
    if (bind(tap.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0)
        return Error{"bind packet socket", receiving_end, errno, "", ""};
    return tap;
}

}  // namespace

Result<WirePair> WirePair::make(int program, bool xdp) {
    if (auto status = make_pair(); !status) return status.error();
    const int index = static_cast<int>(if_nametoindex(receiving_end));
    if (auto status = xdp ? attach_xdp(program, index) : attach_tc(program, index); !status)
        return status.error();
    auto tap = tap_of(index);
    if (!tap) return tap.error();
    UniqueFd sender(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
    if (!sender) return Error{"open packet socket", sending_end, errno, "", ""};
    return WirePair(std::move(sender), std::move(tap).value(), static_cast<int>(if_nametoindex(sending_end)));
}

Status WirePair::send(std::span<const uint8_t> packet) {
    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_ifindex = sender_index_;
    const ssize_t sent = sendto(sender_.get(), packet.data(), packet.size(), 0,
                                reinterpret_cast<const sockaddr*>(&to), sizeof to);
    if (sent < 0) return Error{"send packet", std::to_string(packet.size()) + " octets", errno, "", ""};
    pollfd readable = {tap_.get(), POLLIN, 0};
    while (poll(&readable, 1, arrival_timeout_ms) == 1) {
        uint8_t octet;
        const ssize_t length = recv(tap_.get(), &octet, 1, MSG_TRUNC | MSG_DONTWAIT);
        const auto arrived = static_cast<size_t>(length);
        if (length > 0 && (arrived == packet.size() || arrived + vlan_tag == packet.size())) return ok();
    }
    return Error{"receive packet", std::to_string(packet.size()) + " octets", 0, "it did not arrive", ""};
}

}  // namespace dnsexp::test
