// Numbers as people read them: three digits, and a unit where it is needed. Pure, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace dnsexp {

// 0, 0.12, 1.23, 12.3, 123, 1.23k, 12.3M ...; `-` for nothing and for what is no finite number. At most 5
// columns up to 999 T.
std::string number_text(std::optional<double> number);

// 0, 999, 1.23k, 12.3M ...
std::string count_text(uint64_t count);

// 0s, 850us, 1.23ms, 12.3ms, 1.23s, 123s; `-` as above.
std::string duration_text(std::optional<double> seconds);

// A share of 0..1 as 12.3%; what is above zero and below 0.1 % is <0.1%.
std::string share_text(double share);

// The time of day in UTC, "23:59:59".
std::string clock_text(uint64_t unix_ns);

// "2026-01-31T23:59:59Z" (RFC 3339, 5.6).
std::string date_text(uint64_t unix_ns);

}  // namespace dnsexp
