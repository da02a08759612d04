// The outcomes that dns_domain_queries_total tells apart: its label budget is one a class.
#pragma once

#include <cstdint>

#include "ebpf/dns_abi.h"
#include "exporter/fold/top_k.h"

namespace dnsexp {

enum class OutcomeClass : uint8_t {
    noerror,
    formerr,
    servfail,
    nxdomain,
    refused,
    timeout,
    untracked,
    other,
    count
};
static_assert(static_cast<size_t>(OutcomeClass::count) == TopK::classes);

inline OutcomeClass outcome_class(uint16_t outcome) {
    switch (outcome) {  // RFC 1035, 4.1.1
        case 0:
            return OutcomeClass::noerror;
        case 1:
            return OutcomeClass::formerr;
        case 2:
            return OutcomeClass::servfail;
        case 3:
            return OutcomeClass::nxdomain;
        case 5:
            return OutcomeClass::refused;
        case DNS_OUTCOME_TIMEOUT:
            return OutcomeClass::timeout;
        case DNS_OUTCOME_UNTRACKED:
            return OutcomeClass::untracked;
        default:
            return OutcomeClass::other;
    }
}

inline const char* outcome_class_name(size_t index) {
    static constexpr const char* names[TopK::classes] = {"NOERROR", "FORMERR", "SERVFAIL",  "NXDOMAIN",
                                                         "REFUSED", "TIMEOUT", "UNTRACKED", "other"};
    return names[index];
}

}  // namespace dnsexp
