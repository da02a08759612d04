// A token bucket: so many requests at once, then one in each interval.
#pragma once

#include <chrono>
#include <mutex>

#include "exporter/web/web_config.h"

namespace dnsexp {

// Thread-safe.
class RateLimiter {
  public:
    // Full at first. An interval of 0 or below limits nothing; with a burst below 1 nothing is let through.
    explicit RateLimiter(RateLimit limit) : limit_(limit), tokens_(static_cast<double>(limit.burst)) {}

    // `now` is monotonic.
    bool allow(std::chrono::nanoseconds now);
    [[nodiscard]] const RateLimit& limit() const { return limit_; }

  private:
    const RateLimit limit_;
    std::mutex mutex_;
    double tokens_;
    std::chrono::nanoseconds last_{0};
};

}  // namespace dnsexp
