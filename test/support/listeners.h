// Servers of a test's own, on loopback and local sockets: they take what comes and answer nothing.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <stdexcept>
#include <string>

#include "exporter/base/unique_fd.h"

namespace dnsexp {

// A socket that is bound, and listens where it is a stream's.
class Listener {
  public:
    // On 127.0.0.1; port 0: one that is free.
    explicit Listener(int type, uint16_t port = 0)
        : fd_(socket(AF_INET, type | SOCK_CLOEXEC, 0)), type_(type) {
        const int on = 1;
        setsockopt(fd_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        begin(reinterpret_cast<sockaddr*>(&address), size);
        getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
    }
    // On a local socket, which must not be there yet.
    Listener(int type, const std::string& path) : fd_(socket(AF_UNIX, type | SOCK_CLOEXEC, 0)), type_(type) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        if (path.size() >= sizeof address.sun_path) throw std::runtime_error("long path");
        std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
        begin(reinterpret_cast<sockaddr*>(&address), sizeof address);
    }

    [[nodiscard]] uint16_t port() const { return port_; }
    [[nodiscard]] int fd() const { return fd_.get(); }

    // The next connection of a stream, within ten seconds.
    [[nodiscard]] UniqueFd accept() const {
        return UniqueFd(is_readable(fd_.get(), 10'000) ? accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC)
                                                       : -1);
    }

    // What comes until there is nothing for so many milliseconds: a datagram, or what a stream's read gives.
    static std::string receive(int fd, int patience = 10'000) {
        std::string buffer(65'536, '\0');
        const ssize_t size = is_readable(fd, patience) ? recv(fd, buffer.data(), buffer.size(), 0) : 0;
        buffer.resize(size > 0 ? static_cast<size_t>(size) : 0);
        return buffer;
    }

    static bool is_readable(int fd, int patience) {
        pollfd one{fd, POLLIN, 0};
        return poll(&one, 1, patience) > 0;
    }

  private:
    void begin(const sockaddr* address, socklen_t size) {
        if (bind(fd_.get(), address, size) != 0 || (type_ == SOCK_STREAM && listen(fd_.get(), 8) != 0))
            throw std::runtime_error("no listener");
    }

    UniqueFd fd_;
    int type_;
    uint16_t port_ = 0;
};

}  // namespace dnsexp
