#include "exporter/blocklist/list_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "exporter/base/unique_fd.h"

namespace dnsexp {
namespace {

constexpr size_t kPiece = 65'536;

int64_t nanoseconds(const timespec& time) {
    return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

FileMark mark_of(const struct stat& found) {
    return {true,
            found.st_dev,
            found.st_ino,
            found.st_size,
            nanoseconds(found.st_mtim),
            nanoseconds(found.st_ctim)};
}

FileMark mark_of(const std::string& path) {
    struct stat found {};
    return stat(path.c_str(), &found) == 0 ? mark_of(found) : FileMark{};
}

Error failed(const std::string& path, int errnum, std::string why = "", std::string hint = "") {
    return Error{"read blocklist", path, errnum, std::move(why), std::move(hint)};
}

// The octets of an open file, to the loader.
Status read_into(ListLoader& loader, int fd, const std::string& path) {
    std::vector<char> piece(kPiece);
    for (size_t total = 0;;) {
        const ssize_t size = ::read(fd, piece.data(), piece.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return failed(path, errno);
        if (size == 0) return ok();
        total += static_cast<size_t>(size);
        if (total > ListFile::most_octets) return failed(path, 0, "it is larger than 256 MiB", "split it");
        if (!loader.add({piece.data(), static_cast<size_t>(size)})) return ok();  // finish() tells why
    }
}

}  // namespace

Result<LoadedList> ListFile::read() {
    seen_ = tried_ = mark_of(path_);
    failed_ = false;
    const auto refused = [this](Error error) {
        failed_ = error.errnum != 0;
        failed_at_ = Clock::now();
        return error;
    };
    // A FIFO in its place must not block.
    const UniqueFd fd(open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd) return refused(failed(path_, errno));
    struct stat before {
    }, after{};
    if (fstat(fd.get(), &before) != 0) return refused(failed(path_, errno));
    if (!S_ISREG(before.st_mode)) return failed(path_, 0, "it is not a regular file");
    seen_ = tried_ = mark_of(before);
    ListLoader loader(path_, format_, seed_);
    if (auto read = read_into(loader, fd.get(), path_); !read) return refused(std::move(read).error());
    // ctime would also change when another file took this one's place, which leaves these octets whole.
    if (fstat(fd.get(), &after) != 0 || after.st_size != before.st_size ||
        nanoseconds(after.st_mtim) != tried_.modified_ns)
        return refused(failed(path_, EAGAIN, "it was written while it was read"));
    return std::move(loader).finish();
}

std::optional<Result<LoadedList>> ListFile::look(Clock::time_point now, Clock::duration settle,
                                                 Clock::duration retry) {
    const FileMark mark = mark_of(path_);
    if (mark != seen_) {
        seen_ = mark;
        seen_at_ = now;
        return std::nullopt;
    }
    if (unsettled() ? now - seen_at_ < settle : !failed_ || now - failed_at_ < retry) return std::nullopt;
    return read();
}

}  // namespace dnsexp
