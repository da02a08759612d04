#include "exporter/os/timer.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>

namespace dnsexp {

Result<UniqueFd> make_periodic_timer(std::chrono::nanoseconds interval) {
    const auto failed = [&](int errnum) {
        return Error{"make timer of", std::to_string(interval.count()) + " ns", errnum, "", ""};
    };
    // timerfd_settime would take zero for "disarm" and never fire.
    if (interval <= interval.zero()) return failed(EINVAL);
    UniqueFd fd(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
    if (!fd) return failed(errno);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(interval);
    itimerspec spec{};
    spec.it_interval.tv_sec = seconds.count();
    spec.it_interval.tv_nsec = (interval - seconds).count();
    spec.it_value = spec.it_interval;
    if (timerfd_settime(fd.get(), 0, &spec, nullptr) != 0) return failed(errno);
    return fd;
}

uint64_t read_expirations(int fd) {
    uint64_t count = 0;
    if (read(fd, &count, sizeof count) != static_cast<ssize_t>(sizeof count)) return 0;
    return count;
}

}  // namespace dnsexp
