#include "exporter/http/port_check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

#include "exporter/base/unique_fd.h"

namespace dnsexp {
namespace {

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t length = 0;
};

SocketAddress socket_address(const ListenAddress& address) {
    SocketAddress result;
    if (address.family == ListenFamily::ipv4) {
        auto* v4 = reinterpret_cast<sockaddr_in*>(&result.storage);
        v4->sin_family = AF_INET;
        v4->sin_port = htons(address.port);
        inet_pton(AF_INET, address.host.c_str(), &v4->sin_addr);
        result.length = sizeof(sockaddr_in);
    } else {
        auto* v6 = reinterpret_cast<sockaddr_in6*>(&result.storage);
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(address.port);
        if (address.family == ListenFamily::ipv6) inet_pton(AF_INET6, address.host.c_str(), &v6->sin6_addr);
        result.length = sizeof(sockaddr_in6);
    }
    return result;
}

std::string hint_for(int errnum) {
    switch (errnum) {
        case EADDRINUSE:
            return "something else listens there, or the address is given twice: stop it or choose another "
                   "port with "
                   "--web.listen-address";
        case EACCES:
            return "ports below 1024 need CAP_NET_BIND_SERVICE: choose a higher one with "
                   "--web.listen-address";
        case EADDRNOTAVAIL:
            return "no interface of this host has that address";
        case EAFNOSUPPORT:
            return "this host has no IPv6: choose an IPv4 address with --web.listen-address";
        default:
            return "";
    }
}

// A socket that listens as civetweb's will: same options, same conflicts.
Result<UniqueFd> try_listen(const ListenAddress& address) {
    const auto failed = [&](int errnum) {
        return Error{"listen for HTTP on", to_string(address), errnum, "", hint_for(errnum)};
    };
    const SocketAddress target = socket_address(address);
    UniqueFd fd(socket(target.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd) return failed(errno);
    const int on = 1;
    const int v6_only = address.family == ListenFamily::ipv6 ? 1 : 0;
    if (setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) return failed(errno);
    if (target.storage.ss_family == AF_INET6 &&
        setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof v6_only) != 0)
        return failed(errno);
    if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&target.storage), target.length) != 0)
        return failed(errno);
    // With SO_REUSEADDR two sockets may be bound to one port; only one of them may listen.
    if (listen(fd.get(), 1) != 0) return failed(errno);
    return fd;
}

}  // namespace

bool host_has_ipv6() {
    const UniqueFd fd(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd) return false;
    const SocketAddress any = socket_address(ListenAddress{});
    return bind(fd.get(), reinterpret_cast<const sockaddr*>(&any.storage), any.length) == 0;
}

Result<std::vector<ListenAddress>> check_ports(const std::vector<ListenAddress>& addresses) {
    const bool ipv6 = host_has_ipv6();
    std::vector<ListenAddress> usable;
    std::vector<UniqueFd>
        held;  // until the end, so that addresses of the list that exclude each other are found
    for (ListenAddress address : addresses) {
        if (address.family == ListenFamily::any && !ipv6)
            address = {ListenFamily::ipv4, "0.0.0.0", address.port};
        auto fd = try_listen(address);
        if (!fd) return std::move(fd).error();
        held.push_back(std::move(fd).value());
        usable.push_back(std::move(address));
    }
    return usable;
}

std::string civetweb_port(const ListenAddress& address) {
    if (address.family == ListenFamily::any) return "+" + std::to_string(address.port);
    return to_string(address);
}

}  // namespace dnsexp
