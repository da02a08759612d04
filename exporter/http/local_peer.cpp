#include "exporter/http/local_peer.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <string>

#include "exporter/http/token.h"

namespace dnsexp {
namespace {

constexpr size_t kMostPortDigits = 5;

bool is_port(std::string_view text) {
    return !text.empty() && text.size() <= kMostPortDigits &&
           text.find_first_not_of("0123456789") == std::string_view::npos;
}

template <typename Address>
bool parse_address(int family, std::string_view text, Address& address) {
    const bool holds_end = text.find('\0') != std::string_view::npos;  // inet_pton() would stop there
    return !holds_end && inet_pton(family, std::string(text).c_str(), &address) == 1;
}

// Nothing, or a colon and a port.
bool is_rest_of_host(std::string_view rest) {
    return rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
}

}  // namespace

bool is_loopback_address(std::string_view address) {
    std::array<uint8_t, 4> v4{};
    if (parse_address(AF_INET, address, v4)) return v4[0] == 127;
    in6_addr v6{};
    if (!parse_address(AF_INET6, address, v6)) return false;
    return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

bool is_unresolved_host(std::string_view host) {
    if (host.starts_with('[')) {
        const size_t end = host.find(']');
        in6_addr v6{};
        return end != std::string_view::npos && parse_address(AF_INET6, host.substr(1, end - 1), v6) &&
               is_rest_of_host(host.substr(end + 1));
    }
    const size_t end = std::min(host.find(':'), host.size());
    const std::string_view name = host.substr(0, end);
    in_addr v4{};
    return (same_token(name, "localhost") || parse_address(AF_INET, name, v4)) &&
           is_rest_of_host(host.substr(end));
}

}  // namespace dnsexp
