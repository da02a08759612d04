// What a piece of code writes to stderr.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "exporter/base/unique_fd.h"

namespace dnsexp::testing {

inline std::string captured_stderr(const std::function<void()>& what) {
    char path[] = "/tmp/dnsexp-stderr-XXXXXX";
    const UniqueFd file(mkstemp(path));
    ::unlink(path);
    const UniqueFd before(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0));
    ::dup2(file.get(), STDERR_FILENO);
    what();
    ::dup2(before.get(), STDERR_FILENO);
    std::string text(static_cast<size_t>(::lseek(file.get(), 0, SEEK_END)), '\0');
    const ssize_t size = ::pread(file.get(), text.data(), text.size(), 0);
    text.resize(size < 0 ? 0 : static_cast<size_t>(size));
    return text;
}

}  // namespace dnsexp::testing
