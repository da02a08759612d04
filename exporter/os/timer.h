// A periodic timer as a file descriptor, for poll(2).
#pragma once

#include <chrono>
#include <cstdint>

#include "exporter/base/result.h"
#include "exporter/base/unique_fd.h"

namespace dnsexp {

// A non-blocking timerfd(2) on CLOCK_MONOTONIC that expires first after one interval and then once an
// interval. Error: an interval that is not above zero (EINVAL), or no descriptors left.
Result<UniqueFd> make_periodic_timer(std::chrono::nanoseconds interval);

// Another interval, from now on. Errors as above. Thread-safe.
Status set_interval(int fd, std::chrono::nanoseconds interval);

// How often the timer has expired since the last call; 0 when it has not. Never blocks.
uint64_t read_expirations(int fd);

}  // namespace dnsexp
