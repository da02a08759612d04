// The small pieces that HTTP header values are made of (RFC 9110, 5.6).
#pragma once

#include <string_view>

namespace dnsexp {

// Without the spaces and tabs around it (OWS, 5.6.3).
std::string_view trim(std::string_view text);

// Cuts the part before the separator off the front of `rest` and returns it trimmed. Returns an empty part,
// and leaves `rest` empty, at the end.
std::string_view next_part(std::string_view& rest, char separator);

// Compares an ASCII token without regard to case; `lower` is in lower case.
bool same_token(std::string_view token, std::string_view lower);

}  // namespace dnsexp
