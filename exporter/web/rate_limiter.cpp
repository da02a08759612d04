#include "exporter/web/rate_limiter.h"

#include <algorithm>

namespace dnsexp {

bool RateLimiter::allow(std::chrono::nanoseconds now) {
    if (limit_.interval <= std::chrono::nanoseconds(0)) return true;
    const std::lock_guard lock(mutex_);
    const double elapsed = static_cast<double>(std::max(now - last_, std::chrono::nanoseconds(0)).count());
    const double filled = tokens_ + elapsed / static_cast<double>(limit_.interval.count());
    tokens_ = std::min(filled, static_cast<double>(limit_.burst));
    last_ = std::max(last_, now);
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
}

}  // namespace dnsexp
