// The Authorization header of basic authentication (RFC 7617).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dnsexp {

struct Credentials {
    std::string user;
    std::string password;
};

// From "Basic BASE64"; the scheme in any case. Nothing: another scheme, no padded base 64 (RFC 4648, 4), or
// no colon in it. The password may hold any octet.
std::optional<Credentials> basic_credentials(std::string_view authorization);

}  // namespace dnsexp
