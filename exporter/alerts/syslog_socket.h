// A connection to a syslog server, or what goes for one: messages leave in the transport's framing.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>

#include "exporter/alerts/syslog_address.h"
#include "exporter/base/result.h"
#include "exporter/base/unique_fd.h"

namespace dnsexp {

// Not thread-safe. Whatever waits here ends soon after stop was requested (ECANCELED) and after five seconds
// (ETIMEDOUT). After an error the socket is of no use.
class SyslogSocket {
  public:
    // Local sockets are tried as datagram sockets and then as streams.
    static Result<SyslogSocket> connect(const SyslogAddress& address, const std::stop_token& stop);

    // One datagram a message (RFC 5426); on TCP octet counting (RFC 6587, 3.4.1); on local streams a NUL
    // ends a message, as the C library's syslog() has it.
    Status send(std::string_view message, const std::stop_token& stop);

    // What can be known of what was sent. TCP: the peer's host has acknowledged all of it, and the connection
    // still stands; whether the server has read it no protocol tells. UDP: for ten milliseconds nobody said
    // that the port is closed. Local: nothing more than send() knew.
    Status confirm(const std::stop_token& stop);

    // Whether each message is on its own, so that confirm() is about the last one.
    [[nodiscard]] bool is_datagram() const { return framing_ == Framing::datagram; }

  private:
    enum class Framing { datagram, octet_counting, nul };
    SyslogSocket(const SyslogAddress& address, UniqueFd fd, Framing framing)
        : address_(address), fd_(std::move(fd)), framing_(framing) {}
    static Result<SyslogSocket> connect_local(const SyslogAddress& address);
    static Result<SyslogSocket> connect_host(const SyslogAddress& address, const std::stop_token& stop);
    [[nodiscard]] Error error(const char* operation, int errnum) const;
    [[nodiscard]] int pending_error() const;

    SyslogAddress address_;
    UniqueFd fd_;
    Framing framing_;
};

}  // namespace dnsexp
