// How long to wait before the next try.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <random>

namespace dnsexp {

// Doubles from `min` to `max`, with as much jitter again, so that the nodes of a cluster do not come back all
// at once. Not thread-safe.
class Backoff {
  public:
    using Delay = std::chrono::milliseconds;

    // 0 < min <= max.
    Backoff(Delay min, Delay max, unsigned seed) : min_(min), max_(max), next_(min), random_(seed) {}

    // The server's wish (Retry-After) is granted where it is longer, up to ten minutes.
    Delay next(std::optional<std::chrono::seconds> wish = std::nullopt) {
        std::uniform_int_distribution<Delay::rep> jitter(0, next_.count());
        const Delay delay = std::min(max_, next_ + Delay(jitter(random_)));
        next_ = std::min(max_, next_ * 2);
        if (!wish) return delay;
        return std::max(delay, Delay(std::min(*wish, kLongestWish)));
    }

    void reset() { next_ = min_; }
    [[nodiscard]] Delay max() const { return max_; }

  private:
    static constexpr std::chrono::seconds kLongestWish{600};

    Delay min_, max_, next_;
    std::mt19937 random_;
};

}  // namespace dnsexp
