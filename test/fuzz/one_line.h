// What a message about somebody else's text may look like.
#pragma once

#include <algorithm>
#include <string_view>

namespace dnsexp::test {

// Not empty, and printable ASCII alone: one line that no terminal obeys.
inline bool is_one_plain_line(std::string_view message) {
    return !message.empty() &&
           std::all_of(message.begin(), message.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace dnsexp::test
