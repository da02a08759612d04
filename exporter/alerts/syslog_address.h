// Where syslog messages go.
#pragma once

#include <string>

#include "exporter/base/result.h"

namespace dnsexp {

enum class SyslogTransport { local, udp, tcp };

struct SyslogAddress {
    SyslogTransport transport{};
    std::string path;        // local: of the socket
    std::string host, port;  // udp, tcp: a name or an address without brackets; 1..65535
};

// "/dev/log" or another absolute path, "udp://HOST:PORT" or "tcp://HOST:PORT"; IPv6 addresses are in
// brackets.
Result<SyslogAddress> parse_syslog_address(const std::string& text);

}  // namespace dnsexp
