// What a judge has found: the plain data between those who judge and those who tell.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ebpf/dns_abi.h"

namespace dnsexp {

enum class EventType : uint8_t {
    long_label,
    deep_subdomain,
    high_entropy,
    rapid_queries,
    unique_subdomains,
    txt_query,
    null_query,
    suspicious_tld,
    dga,
    blocklisted,
    tunneling
};
inline constexpr size_t event_types = 11;

enum class Severity : uint8_t { low = 1, medium = 2, high = 3 };
inline constexpr size_t severities = 3;

// "LONG_LABEL" and so on; the values of the label event_type.
std::string_view event_type_name(EventType type);
// "low", "medium", "high".
std::string_view severity_name(Severity severity);

// Who is judged: a host, and on this host the workload that asked.
struct ClientId {
    dns_address address{};
    uint32_t workload =
        0;  // slot (dns_asker.workload) where this host asked; 0: of another host, or not known

    bool operator==(const ClientId& other) const {
        return address.high == other.address.high && address.low == other.address.low &&
               workload == other.workload;
    }
};

struct Finding {
    EventType type{};
    Severity severity = Severity::low;
    uint32_t score = 0;    // 0..100
    uint64_t time_ns = 0;  // CLOCK_MONOTONIC of the query that decided
    std::string domain;    // what it is about, in presentation format, lower case; empty: no single domain
    ClientId client;
    dns_address server{};  // of the query that decided; all zero: none
    uint8_t role = 0;      // enum dns_role of that query
    dns_asker asker{};     // of that query
    std::string details;   // one line of printable ASCII
    uint64_t folded = 0;   // findings of the same kind that this one stands for, besides itself
};

// Takes findings. Judges find again and again what goes on, so they ask first: a finding that would only be
// folded needs no text.
class FindingSink {
  public:
    virtual ~FindingSink() = default;
    // True: hand it over by raise(). False: it was folded into one that was raised, and counted there.
    virtual bool admit(EventType type, Severity severity, const ClientId& client, std::string_view domain,
                       uint64_t time_ns) = 0;
    virtual void raise(Finding finding) = 0;
};

}  // namespace dnsexp
