#include "exporter/terminal/held_stderr.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>

namespace dnsexp {

HeldStderr::HeldStderr() {
    std::array<int, 2> ends{};
    if (!isatty(STDERR_FILENO) || pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return;
    held_.reset(ends[0]);
    const UniqueFd writer(ends[1]);
    real_.reset(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0));
    if (!real_ || dup2(writer.get(), STDERR_FILENO) < 0) real_.reset();
}

HeldStderr::~HeldStderr() {
    if (!real_ || dup2(real_.get(), STDERR_FILENO) < 0) return;
    std::array<char, 4096> part{};
    for (ssize_t size = 0; (size = read(held_.get(), part.data(), part.size())) > 0;)
        if (write(STDERR_FILENO, part.data(), static_cast<size_t>(size)) != size) return;
}

}  // namespace dnsexp
