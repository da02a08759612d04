// Times as people and programs read them.
#pragma once

#include <cstdint>
#include <string>

namespace dnsexp {

// RFC 3339, 5.6, in UTC with nine digits of a second: "2026-01-31T23:59:59.000000001Z". Thread-safe.
std::string rfc3339(uint64_t unix_ns);

}  // namespace dnsexp
