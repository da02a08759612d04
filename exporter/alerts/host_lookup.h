// A host's addresses, without being held up by a resolver for longer than one wants.
#pragma once

#include <sys/socket.h>

#include <stop_token>
#include <string>
#include <vector>

#include "exporter/base/result.h"

namespace dnsexp {

struct SocketAddress {
    int family = 0;
    sockaddr_storage address{};
    socklen_t size = 0;
};

// Asks the system's resolver (getaddrinfo) for a name; an address is taken as it is. Errors are ECANCELED
// where stop was requested, and ETIMEDOUT after ten seconds; the resolver's thread then ends by itself later.
Result<std::vector<SocketAddress>> lookup_host(const std::string& host, const std::string& port,
                                               int socket_type, const std::stop_token& stop);

}  // namespace dnsexp
