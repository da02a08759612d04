#include "exporter/fetch/token_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "exporter/base/unique_fd.h"

namespace dnsexp {
namespace {

// Service account tokens are signed JSON of 1 to 2 kB; servers take no header that is much longer than this.
constexpr size_t kLimit = 65'536;

}  // namespace

Result<std::string> read_token_file(const std::string& path) {
    const auto refused = [&](int errnum, const char* why) {
        return Error{"read token", path, errnum, why, ""};
    };
    // A FIFO in its place must not block.
    const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd) return refused(errno, "");
    std::string token(kLimit + 1, '\0');
    size_t used = 0;
    while (used < token.size()) {
        const ssize_t size = read(fd.get(), token.data() + used, token.size() - used);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return refused(errno, "");
        if (size == 0) break;
        used += static_cast<size_t>(size);
    }
    if (used > kLimit) return refused(EFBIG, "");
    token.resize(used);
    token.resize(token.find_last_not_of(" \t\r\n") + 1);
    if (token.empty()) return refused(0, "the file is empty");
    const bool visible =
        std::all_of(token.begin(), token.end(), [](unsigned char c) { return c > ' ' && c < 0x7f; });
    if (!visible) return refused(0, "a token has no white space and no control characters");
    return token;
}

}  // namespace dnsexp
