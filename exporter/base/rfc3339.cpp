#include "exporter/base/rfc3339.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace dnsexp {

std::string rfc3339(uint64_t unix_ns) {
    constexpr uint64_t ns_per_second = 1'000'000'000;
    const auto seconds = static_cast<time_t>(unix_ns / ns_per_second);
    tm utc{};
    gmtime_r(&seconds, &utc);
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%09uZ", utc.tm_year + 1900,
                  utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                  static_cast<unsigned>(unix_ns % ns_per_second));
    return text.data();
}

}  // namespace dnsexp
