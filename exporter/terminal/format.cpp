#include "exporter/terminal/format.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <iterator>

namespace dnsexp {
namespace {

// Three significant digits of what lies in 0..1000.
std::string three_digits(double number) {
    std::array<char, 32> text{};
    // 9.995 is 10.0 with three digits, 99.95 is 100.
    const int decimals = number < 9.995 ? 2 : number < 99.95 ? 1 : 0;
    std::snprintf(text.data(), text.size(), "%.*f", decimals, number);
    return text.data();
}

std::string utc(uint64_t unix_ns, const char* pattern) {
    constexpr uint64_t ns_per_second = 1'000'000'000;
    const auto seconds = static_cast<time_t>(unix_ns / ns_per_second);
    tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 64> text{};
    return {text.data(), std::strftime(text.data(), text.size(), pattern, &parts)};
}

}  // namespace

std::string number_text(std::optional<double> number) {
    if (!number || !std::isfinite(*number) || *number < 0) return "-";
    if (*number == 0) return "0";
    static constexpr const char* units[] = {"", "k", "M", "G", "T"};
    double value = *number;
    size_t unit = 0;
    while (value >= 999.5 && unit + 1 < std::size(units)) {
        value /= 1000;
        ++unit;
    }
    return three_digits(value) + units[unit];
}

std::string count_text(uint64_t count) {
    return count < 1000 ? std::to_string(count) : number_text(static_cast<double>(count));
}

std::string duration_text(std::optional<double> seconds) {
    if (!seconds || !std::isfinite(*seconds) || *seconds < 0) return "-";
    if (*seconds == 0) return "0s";
    const double microseconds = *seconds * 1e6;
    if (microseconds < 999.5) return three_digits(microseconds) + "us";
    if (microseconds < 999.5e3) return three_digits(microseconds / 1e3) + "ms";
    return three_digits(*seconds) + "s";
}

std::string share_text(double share) {
    const double percent = share * 100;
    if (percent > 0 && percent < 0.1) return "<0.1%";
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f%%", percent);
    return text.data();
}

std::string clock_text(uint64_t unix_ns) {
    return utc(unix_ns, "%H:%M:%S");
}

std::string date_text(uint64_t unix_ns) {
    return utc(unix_ns, "%Y-%m-%dT%H:%M:%SZ");
}

}  // namespace dnsexp
