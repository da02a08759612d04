// What a resolution came to, in few words.
#pragma once

#include <netdb.h>

#include <cstdint>
#include <string_view>

#include "ebpf/dns_abi.h"

namespace dnsexp {

enum class ResolutionResult : uint8_t { resolved, not_found, failed };
inline constexpr std::string_view resolution_result_names[] = {"resolved", "not_found", "failed"};

// GNU's of netdb.h, which shows them to those alone who ask for more than POSIX.
inline constexpr int eai_nodata = -5;
inline constexpr int eai_addrfamily = -9;

// `negated`: what getaddrinfo() returned, its sign turned.
constexpr ResolutionResult call_class(uint16_t negated) {
    if (negated == 0) return ResolutionResult::resolved;
    const int code = -int{negated};
    const bool is_known_absent = code == EAI_NONAME || code == eai_nodata || code == eai_addrfamily;
    return is_known_absent ? ResolutionResult::not_found : ResolutionResult::failed;
}

constexpr ResolutionResult rcode_class(uint16_t outcome) {
    constexpr uint16_t rcode_nxdomain = 3;
    if (outcome == 0) return ResolutionResult::resolved;
    return outcome == rcode_nxdomain ? ResolutionResult::not_found : ResolutionResult::failed;
}

}  // namespace dnsexp
