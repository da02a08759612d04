// What query types mean to judges.
#pragma once

#include <cstdint>

#include "ebpf/dns_abi.h"

namespace dnsexp {

// Numbers of the IANA registry "Resource Record (RR) TYPEs".
inline constexpr uint16_t type_a = 1, type_ns = 2, type_soa = 6, type_null = 10, type_ptr = 12, type_txt = 16,
                          type_sig = 24, type_key = 25, type_aaaa = 28, type_ds = 43, type_dnskey = 48,
                          type_svcb = 64, type_https = 65;

enum class TypeUse : uint8_t {
    plain,   // what hosts and resolvers ask all day, with short answers
    bulk,    // answers with room for data, seldom asked for many names of one domain
    unused,  // nothing on the Internet asks it
};

// NULL is experimental (RFC 1035, 3.3.10), KEY and SIG are obsolete (RFC 3755, 3), 65280 to 65534 are for
// private use (RFC 6895, 3.1).
inline TypeUse use_of_type(uint16_t type) {
    switch (type) {
        case type_a:
        case type_aaaa:
        case type_ns:
        case type_soa:
        case type_ptr:
        case type_ds:
        case type_dnskey:
        case type_svcb:
        case type_https:
            return TypeUse::plain;
        case type_null:
        case type_key:
        case type_sig:
            return TypeUse::unused;
        default:
            return type >= 65280 && type <= 65534 ? TypeUse::unused : TypeUse::bulk;
    }
}

// No answer, or one that there is no such name or that the server would not or could not tell. RCODE 0.
inline bool has_failed(uint16_t outcome) {
    return outcome != 0;
}

}  // namespace dnsexp
