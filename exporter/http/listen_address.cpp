#include "exporter/http/listen_address.h"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <optional>

namespace dnsexp {
namespace {

Error bad_address(std::string_view text, std::string detail) {
    return Error{"parse listen address", "\"" + std::string(text) + "\"", 0, std::move(detail),
                 "write it as :10153, 127.0.0.1:10153 or [::1]:10153"};
}

std::optional<uint16_t> parse_port(std::string_view text) {
    uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return port;
}

// The address in canonical form, or nothing when it is none of this family.
std::optional<std::string> canonical(int family, std::string_view host) {
    std::array<unsigned char, sizeof(in6_addr)> octets{};
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (inet_pton(family, std::string(host).c_str(), octets.data()) != 1) return std::nullopt;
    if (inet_ntop(family, octets.data(), text.data(), text.size()) == nullptr) return std::nullopt;
    return std::string(text.data());
}

Result<ListenAddress> parse_bracketed(std::string_view text, std::string_view host, uint16_t port) {
    if (host.find('%') != std::string_view::npos)
        return bad_address(text, "zones of link-local addresses are not supported");
    const auto address = canonical(AF_INET6, host);
    if (!address) return bad_address(text, "no valid IPv6 address between the brackets");
    if (*address == "::") return ListenAddress{ListenFamily::any, "", port};
    return ListenAddress{ListenFamily::ipv6, *address, port};
}

Result<ListenAddress> parse_plain(std::string_view text, std::string_view host, uint16_t port) {
    if (host.empty()) return ListenAddress{ListenFamily::any, "", port};
    if (host == "localhost") return ListenAddress{ListenFamily::ipv4, "127.0.0.1", port};
    if (host.find(':') != std::string_view::npos) return bad_address(text, "an IPv6 address needs brackets");
    const auto address = canonical(AF_INET, host);
    if (!address) return bad_address(text, "the host is no IPv4 address, and names are not resolved");
    return ListenAddress{ListenFamily::ipv4, *address, port};
}

}  // namespace

Result<ListenAddress> parse_listen_address(std::string_view text) {
    if (text.find('\0') != std::string_view::npos) return bad_address(text, "it contains a NUL");
    const size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return bad_address(text, "the port is missing");
    const std::string_view host = text.substr(0, colon);
    const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
    if (!bracketed && text.find_first_of("[]") != std::string_view::npos)
        return bad_address(text, "brackets enclose the host alone, and the port follows them");

    const auto port = parse_port(text.substr(colon + 1));
    if (!port) return bad_address(text, "the port is no number from 0 to 65535");
    return bracketed ? parse_bracketed(text, host.substr(1, host.size() - 2), *port)
                     : parse_plain(text, host, *port);
}

std::string to_string(const ListenAddress& address) {
    std::string port = std::to_string(address.port);
    switch (address.family) {
        case ListenFamily::any:
            return "[::]:" + port;
        case ListenFamily::ipv4:
            return address.host + ":" + port;
        case ListenFamily::ipv6:
            return "[" + address.host + "]:" + port;
    }
    return port;
}

}  // namespace dnsexp
