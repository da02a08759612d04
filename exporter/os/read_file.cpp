#include "exporter/os/read_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "exporter/base/unique_fd.h"

namespace dnsexp {
namespace {

// The largest file read here, /proc/stat, has a line a CPU and a number an interrupt: some 100 kB on big
// machines.
constexpr size_t kLimit = 1 << 20;

}  // namespace

Result<std::string> read_file(const std::string& path) {
    const auto failed = [&](int errnum) { return Error{"read file", path, errnum, "", ""}; };
    const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return failed(errno);
    std::string text;
    std::array<char, 4096> buffer;
    for (;;) {
        const ssize_t size = read(fd.get(), buffer.data(), buffer.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return failed(errno);
        if (size == 0) return text;
        text.append(buffer.data(), static_cast<size_t>(size));
        if (text.size() > kLimit) return failed(EFBIG);
    }
}

}  // namespace dnsexp
