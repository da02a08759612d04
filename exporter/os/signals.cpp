#include "exporter/os/signals.h"

#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>

namespace dnsexp {

Result<UniqueFd> make_signal_fd(std::initializer_list<int> more) {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, number);
    for (const int number : more) sigaddset(&set, number);
    // pthread_sigmask returns the error instead of setting errno.
    if (const int errnum = pthread_sigmask(SIG_BLOCK, &set, nullptr); errnum != 0)
        return Error{"block signals", "", errnum, "", ""};
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR) return Error{"ignore signal", "SIGPIPE", errno, "", ""};
    UniqueFd fd(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
    if (!fd) return Error{"make signalfd", "", errno, "", ""};
    return fd;
}

int read_signal(int fd) {
    signalfd_siginfo info{};
    if (read(fd, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return 0;
    return static_cast<int>(info.ssi_signo);
}

}  // namespace dnsexp
