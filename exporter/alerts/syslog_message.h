// An alert as a message of RFC 5424. Pure, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "exporter/alerts/alert.h"

namespace dnsexp {

// What all messages of a sink share.
struct SyslogIdentity {
    uint32_t facility = 0;  // number in RFC 5424, 6.2.1
    std::string host;       // PRINTUSASCII, at most 255 octets; empty: not known
    uint32_t pid = 0;
};

// Receivers should take so many octets (RFC 5426, 3.2; RFC 5424, 6.1).
inline constexpr size_t max_syslog_message = 2'048;

// The number of a facility: kern, user, mail, daemon, auth, syslog, lpr, news, uucp, cron, authpriv, ftp,
// ntp, audit, alert, clock, local0 to local7. Empty for another name.
std::optional<uint32_t> syslog_facility(std::string_view name);

// At most max_syslog_message octets of printable ASCII. PRI: low is notice, medium is warning, high is
// critical, not alert, which wakes people at once and is for what stops a system. MSGID is the event type;
// the alert's fields are in the structured data dns@32473, values cut after 256 octets, and a sentence for
// people follows, cut where it is too long.
std::string syslog_message(const Alert& alert, const SyslogIdentity& identity);

}  // namespace dnsexp
