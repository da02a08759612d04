#include "exporter/alerts/syslog_address.h"

#include <sys/un.h>

#include <charconv>

namespace dnsexp {
namespace {

constexpr char kAllowed[] = "give a socket's absolute path, udp://HOST:PORT or tcp://HOST:PORT";

Error refused(const std::string& text, const std::string& why) {
    return Error{"syslog address", text, 0, why, kAllowed};
}

bool is_port(const std::string& text) {
    unsigned port = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
    return failed == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65'535;
}

Result<SyslogAddress> with_host(SyslogTransport transport, const std::string& text, const std::string& rest) {
    SyslogAddress address{transport, "", "", ""};
    const size_t colon = rest.rfind(':');
    if (colon == std::string::npos) return refused(text, "it has no port");
    address.host = rest.substr(0, colon);
    address.port = rest.substr(colon + 1);
    const bool is_bracketed = address.host.starts_with('[') && address.host.ends_with(']');
    if (is_bracketed) address.host = address.host.substr(1, address.host.size() - 2);
    if (!is_port(address.port)) return refused(text, "its port is not 1 to 65535");
    if (address.host.empty()) return refused(text, "it has no host");
    if (!is_bracketed && address.host.find(':') != std::string::npos)
        return refused(text, "its IPv6 address is not in brackets");
    if (address.host.find_first_of("/?#@[] ") != std::string::npos)
        return refused(text, "it has more than a host and a port");
    return address;
}

}  // namespace

Result<SyslogAddress> parse_syslog_address(const std::string& text) {
    if (text.starts_with("udp://")) return with_host(SyslogTransport::udp, text, text.substr(6));
    if (text.starts_with("tcp://")) return with_host(SyslogTransport::tcp, text, text.substr(6));
    if (!text.starts_with('/')) return refused(text, "it is no address of a syslog server");
    if (text.size() >= sizeof(sockaddr_un::sun_path))
        return refused(text, "a socket's path has less than " +
                                 std::to_string(sizeof(sockaddr_un::sun_path)) + " octets");
    return SyslogAddress{SyslogTransport::local, text, "", ""};
}

}  // namespace dnsexp
