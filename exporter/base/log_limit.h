// How often the same message is written.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dnsexp {

// Lets a message through `most` times in a window that begins with the first of them. What differs in its
// fields alone is the same message. Fixed memory. Not thread-safe.
class LogLimit {
  public:
    using Clock = std::chrono::steady_clock;
    static constexpr uint64_t most = 10;
    static constexpr std::chrono::seconds window{10};
    // Messages that are followed at a time. Texts are the program's own, so there are fewer than that.
    static constexpr size_t capacity = 256;

    struct LeftOut {
        int level = 0;
        std::string message;
        uint64_t count = 0;  // of times that it was not written
    };

    // Whether to write it. With all places taken, one that is not followed yet is written.
    bool admits(int level, std::string_view message, Clock::time_point now);

    // What was left out in windows that are over; they are forgotten.
    std::vector<LeftOut> over(Clock::time_point now);

  private:
    struct Window {
        LeftOut left_out;
        uint64_t admitted = 0;
        Clock::time_point begin;
    };
    std::vector<Window> windows_;
};

}  // namespace dnsexp
