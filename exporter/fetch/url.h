// What of a URL may be shown, and whether two are of one origin.
#pragma once

#include <string>
#include <string_view>

#include "exporter/base/result.h"

namespace dnsexp {

// RFC 6454, 4: what redirects must not leave.
struct UrlOrigin {
    std::string scheme;  // http, https
    std::string host;    // lower case; IPv6 addresses in brackets
    std::string port;    // the scheme's default where none is written
    bool operator==(const UrlOrigin&) const = default;
};

// Fails unless the text is an absolute http:// or https:// URL with a host.
Result<UrlOrigin> url_origin(const std::string& url);

// The URL without user, password, query and fragment, for messages; "URL" where it is none.
std::string shown_url(const std::string& url);

// An address of this host: localhost, 127.0.0.0/8 or [::1], as written (names are not resolved).
bool is_loopback_host(std::string_view host);

// Percent-encodes all but RFC 3986's unreserved characters, for a value in a query or a segment of a path.
std::string url_encoded(std::string_view text);

}  // namespace dnsexp
