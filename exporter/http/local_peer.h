// Who may see what is private: somebody on this host, and not a web page in his browser that was led here.
#pragma once

#include <string_view>

namespace dnsexp {

// 127.0.0.0/8, ::1 (RFC 6890, 2.2) and ::ffff:127.0.0.0/104 (RFC 4291, 2.5.5.2), as inet_ntop writes
// addresses.
bool is_loopback_address(std::string_view address);

// Whether a Host header (RFC 9110, 7.2) names this server in a way that no DNS server could have: an IP
// address or `localhost`, with a port or without. A page whose own name was made to point to this host (DNS
// rebinding) sends that name.
bool is_unresolved_host(std::string_view host);

}  // namespace dnsexp
