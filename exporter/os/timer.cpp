#include "exporter/os/timer.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>

namespace dnsexp {

namespace {

Error failed(std::chrono::nanoseconds interval, int errnum) {
    return Error{"make timer of", std::to_string(interval.count()) + " ns", errnum, "", ""};
}

}  // namespace

Status set_interval(int fd, std::chrono::nanoseconds interval) {
    // timerfd_settime would take zero for "disarm" and never fire.
    if (interval <= interval.zero()) return failed(interval, EINVAL);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(interval);
    itimerspec spec{};
    spec.it_interval.tv_sec = seconds.count();
    spec.it_interval.tv_nsec = (interval - seconds).count();
    spec.it_value = spec.it_interval;
    if (timerfd_settime(fd, 0, &spec, nullptr) != 0) return failed(interval, errno);
    return ok();
}

Result<UniqueFd> make_periodic_timer(std::chrono::nanoseconds interval) {
    UniqueFd fd(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
    if (!fd) return failed(interval, errno);
    if (auto status = set_interval(fd.get(), interval); !status) return status.error();
    return fd;
}

uint64_t read_expirations(int fd) {
    uint64_t count = 0;
    if (read(fd, &count, sizeof count) != static_cast<ssize_t>(sizeof count)) return 0;
    return count;
}

}  // namespace dnsexp
