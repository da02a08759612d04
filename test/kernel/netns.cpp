#include "test/kernel/netns.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "exporter/net/network_reader.h"

namespace dnsexp::test {

Netns::Netns() : before_(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
    REQUIRE(before_);
    REQUIRE(unshare(CLONE_NEWNET) == 0);
    ip("link set lo up");
}

Netns::~Netns() {
    if (setns(before_.get(), CLONE_NEWNET) != 0) std::abort();  // the next test would run in the wrong place
}

bool ip_works(const std::string& arguments) {
    return std::system(("ip " + arguments + " 2>/dev/null").c_str()) == 0;  // NOLINT: words of the tests only
}

void run(const std::string& command) {
    INFO(command);
    REQUIRE(std::system((command + " >/dev/null").c_str()) == 0);
}

void ip(const std::string& arguments) {
    run("ip " + arguments);
}

void add_veth(const std::string& one, const std::string& other) {
    ip("link add " + one + " type veth peer name " + other);
    ip("link set " + one + " up");
    ip("link set " + other + " up");
}

Link link_of(const std::string& name) {
    const auto state = read_network_state();
    if (!state) FAIL(state.error().message());
    for (const Link& link : state.value().links)
        if (link.name == name) return link;
    FAIL("there is no link " << name);
    return {};
}

void send_frame(const std::string& interface, const Bytes& frame) {
    const Link link = link_of(interface);
    const UniqueFd socket_fd(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
    REQUIRE(socket_fd);
    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_ifindex = static_cast<int>(link.index);
    to.sll_protocol =
        htons(frame[0] >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP);  // heeded where there is no EtherType
    const auto* address = reinterpret_cast<const sockaddr*>(&to);
    const ssize_t sent = sendto(socket_fd.get(), frame.data(), frame.size(), 0, address, sizeof to);
    REQUIRE(sent == static_cast<ssize_t>(frame.size()));
}

Tun::Tun(const std::string& name) : device_(open("/dev/net/tun", O_RDWR | O_CLOEXEC)) {
    REQUIRE(device_);
    ifreq request{};
    name.copy(request.ifr_name, IFNAMSIZ - 1);
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    REQUIRE(ioctl(device_.get(), TUNSETIFF, &request) == 0);
    ip("link set " + name + " up");
}

void Tun::arrive(const Bytes& packet) {
    REQUIRE(write(device_.get(), packet.data(), packet.size()) == static_cast<ssize_t>(packet.size()));
}

}  // namespace dnsexp::test
