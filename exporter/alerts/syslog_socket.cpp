#include "exporter/alerts/syslog_socket.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

#include "exporter/alerts/host_lookup.h"

namespace dnsexp {
namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

constexpr Milliseconds kPatience{5'000};
constexpr Milliseconds kStopLook{50};        // between two looks whether to stop
constexpr Milliseconds kAcknowledgeLook{2};  // between two looks at what is not acknowledged
constexpr Milliseconds kRefusal{10};         // that a closed port of a near host has to say so

std::string text_of(const SyslogAddress& address) {
    if (address.transport == SyslogTransport::local) return address.path;
    return (address.transport == SyslogTransport::udp ? "udp://" : "tcp://") + address.host + ":" +
           address.port;
}

Error connect_error(const SyslogAddress& address, int errnum) {
    return Error{"connect to syslog", text_of(address), errnum, "",
                 errnum == ECANCELED ? "" : "see that the server runs and listens there"};
}

// 0, or why the socket did not become ready in time.
int wait_for(int fd, short events, const std::stop_token& stop) {
    const auto end = Clock::now() + kPatience;
    pollfd one{fd, events, 0};
    while (Clock::now() < end) {
        if (stop.stop_requested()) return ECANCELED;
        const int ready = poll(&one, 1, static_cast<int>(kStopLook.count()));
        if (ready > 0) return 0;
        if (ready < 0 && errno != EINTR) return errno;
    }
    return ETIMEDOUT;
}

int socket_error(int fd) {
    int errnum = 0;
    socklen_t size = sizeof errnum;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &errnum, &size) == 0 ? errnum : errno;
}

UniqueFd new_socket(int family, int type) {
    return UniqueFd(::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

}  // namespace

Result<SyslogSocket> SyslogSocket::connect(const SyslogAddress& address, const std::stop_token& stop) {
    return address.transport == SyslogTransport::local ? connect_local(address) : connect_host(address, stop);
}

Result<SyslogSocket> SyslogSocket::connect_local(const SyslogAddress& address) {
    sockaddr_un where{};
    where.sun_family = AF_UNIX;
    if (address.path.size() >= sizeof where.sun_path) return connect_error(address, ENAMETOOLONG);
    std::memcpy(where.sun_path, address.path.c_str(), address.path.size() + 1);
    int errnum = 0;
    for (const int type : {SOCK_DGRAM, SOCK_STREAM}) {
        UniqueFd fd = new_socket(AF_UNIX, type);
        if (fd && ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0)
            return SyslogSocket(address, std::move(fd),
                                type == SOCK_DGRAM ? Framing::datagram : Framing::nul);
        errnum = errno;
        if (errnum != EPROTOTYPE) break;  // else it is of the other type
    }
    return connect_error(address, errnum);
}

Result<SyslogSocket> SyslogSocket::connect_host(const SyslogAddress& address, const std::stop_token& stop) {
    const bool is_udp = address.transport == SyslogTransport::udp;
    const int type = is_udp ? SOCK_DGRAM : SOCK_STREAM;
    auto found = lookup_host(address.host, address.port, type, stop);
    if (!found) return std::move(found).error();
    int errnum = EADDRNOTAVAIL;
    for (const SocketAddress& one : *found) {
        UniqueFd fd = new_socket(one.family, type);
        errnum = fd ? 0 : errno;
        if (fd && ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&one.address), one.size) != 0)
            errnum = errno;
        if (errnum == EINPROGRESS) errnum = wait_for(fd.get(), POLLOUT, stop);
        if (errnum == 0) errnum = socket_error(fd.get());
        if (errnum == 0)
            return SyslogSocket(address, std::move(fd), is_udp ? Framing::datagram : Framing::octet_counting);
        if (errnum == ECANCELED) break;
    }
    return connect_error(address, errnum);
}

Status SyslogSocket::send(std::string_view message, const std::stop_token& stop) {
    if (const int errnum = pending_error(); errnum != 0) return error("send to", errnum);
    std::string framed;
    if (framing_ == Framing::octet_counting) framed = std::to_string(message.size()) + " ";
    framed += message;
    if (framing_ == Framing::nul) framed += '\0';
    for (size_t sent = 0; sent < framed.size();) {
        const ssize_t taken = ::send(fd_.get(), framed.data() + sent, framed.size() - sent, MSG_NOSIGNAL);
        if (taken >= 0) {
            sent += static_cast<size_t>(taken);
        } else if (errno == EAGAIN) {
            if (const int errnum = wait_for(fd_.get(), POLLOUT, stop); errnum != 0)
                return error("send to", errnum);
        } else if (errno != EINTR) {
            return error("send to", errno);
        }
    }
    return ok();
}

Status SyslogSocket::confirm(const std::stop_token& stop) {
    if (address_.transport == SyslogTransport::local) return ok();
    if (is_datagram()) {
        pollfd one{fd_.get(), 0, 0};  // errors alone
        poll(&one, 1, static_cast<int>(kRefusal.count()));
        const int errnum = socket_error(fd_.get());
        return errnum == 0 ? ok() : error("send to", errnum);
    }
    for (const auto end = Clock::now() + kPatience;;) {
        int unacknowledged = 0;
        if (::ioctl(fd_.get(), SIOCOUTQ, &unacknowledged) != 0) return error("send to", errno);
        if (const int errnum = pending_error(); errnum != 0) return error("send to", errnum);
        if (unacknowledged == 0) return ok();
        if (stop.stop_requested()) return error("send to", ECANCELED);
        if (Clock::now() >= end) return error("send to", ETIMEDOUT);
        std::this_thread::sleep_for(kAcknowledgeLook);
    }
}

// Why the connection does not stand any more, or 0. What a server says is thrown away.
int SyslogSocket::pending_error() const {
    if (is_datagram()) return 0;  // the next send() tells
    char said[256];
    for (;;) {
        const ssize_t size = ::recv(fd_.get(), said, sizeof said, MSG_DONTWAIT);
        if (size == 0) return EPIPE;
        if (size < 0 && errno == EAGAIN) return 0;
        if (size < 0 && errno != EINTR) return errno;
    }
}

Error SyslogSocket::error(const char* operation, int errnum) const {
    return Error{std::string(operation) + " syslog", text_of(address_), errnum, "", ""};
}

}  // namespace dnsexp
