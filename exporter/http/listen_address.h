// Where to listen, in the syntax of Prometheus's programs. Parsing only: nothing here opens a socket.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "exporter/base/result.h"

namespace dnsexp {

enum class ListenFamily { any, ipv4, ipv6 };  // any: all addresses of both families

struct ListenAddress {
    ListenFamily family = ListenFamily::any;
    std::string host;   // numeric, canonical, without brackets; empty for `any`
    uint16_t port = 0;  // 0: the kernel chooses

    bool operator==(const ListenAddress&) const = default;
};

// Accepts ":PORT", "[::]:PORT" (both mean all addresses of both families, as in Go), "IPv4:PORT",
// "[IPv6]:PORT" and "localhost:PORT" (127.0.0.1). PORT is 0 to 65535. Other host names are refused: listening
// must not depend on the very DNS that is being watched. Thread-safe.
Result<ListenAddress> parse_listen_address(std::string_view text);

// "HOST:PORT" with brackets around IPv6 (RFC 3986, 3.2.2); `any` is "[::]:PORT".
std::string to_string(const ListenAddress& address);

}  // namespace dnsexp
