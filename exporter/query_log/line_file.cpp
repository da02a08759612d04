#include "exporter/query_log/line_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace dnsexp {
namespace {

constexpr mode_t kMode = 0640;
constexpr int kPatienceMs = 100;      // between two questions whether to give up
constexpr size_t kPipeOctets = 4096;  // PIPE_BUF of Linux: a pipe with room takes so many without waiting

std::string hint(int errnum) {
    if (errnum == EACCES || errnum == EPERM || errnum == EROFS) return "let the exporter's user write there";
    if (errnum == ENXIO) return "a pipe needs its reader first";
    return errnum == ENOENT ? "make its folder" : "";
}

}  // namespace

LineFile::LineFile(UniqueFd file) : file_(std::move(file)) {
    struct stat opened {};
    is_regular_ = ::fstat(file_.get(), &opened) == 0 && S_ISREG(opened.st_mode);
}

Result<LineFile> LineFile::open(const std::string& path) {
    if (path == "-") {
        UniqueFd file(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
        if (!file) return Error{"open query log", "stdout", errno, "", "leave stdout open"};
        return LineFile(std::move(file));
    }
    // Without O_NONBLOCK a pipe that nobody reads would hold up the start.
    UniqueFd file(
        ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, kMode));
    if (!file) return Error{"open query log", path, errno, "", hint(errno)};
    return LineFile(std::move(file));
}

LineFile::Written LineFile::write(std::string_view lines, const std::function<bool()>& is_over) {
    Written written;
    if (ends_in_a_cut_line_) {
        size_t ignored = 0;
        written.errnum = write_all("\n", is_over, ignored);
        if (written.errnum != 0) return written;
        ends_in_a_cut_line_ = false;
    }
    size_t octets = 0;
    written.errnum = write_all(lines, is_over, octets);
    const size_t last_end = lines.substr(0, octets).rfind('\n');
    written.octets = last_end == std::string_view::npos ? 0 : last_end + 1;
    if (octets > written.octets) take_back(octets - written.octets);
    return written;
}

// What kept it from writing all, or 0.
int LineFile::write_all(std::string_view text, const std::function<bool()>& is_over, size_t& written) {
    while (written < text.size()) {
        pollfd ready{file_.get(), POLLOUT, 0};
        const int count = ::poll(&ready, 1, kPatienceMs);
        if (count < 0 && errno != EINTR) return errno;
        if (count <= 0) {
            if (is_over()) return ECANCELED;
            continue;
        }
        const size_t left = text.size() - written;
        const ssize_t size =
            ::write(file_.get(), text.data() + written, is_regular_ ? left : std::min(left, kPipeOctets));
        if (size < 0 && errno != EINTR && errno != EAGAIN) return errno;
        if (size == 0) return ENOSPC;
        if (size > 0) written += static_cast<size_t>(size);
    }
    return 0;
}

// The octets at the end that were written last.
void LineFile::take_back(size_t octets) {
    ends_in_a_cut_line_ = true;
    struct stat opened {};
    const off_t end = ::lseek(file_.get(), 0, SEEK_CUR);
    // Where somebody else has changed the file since, what is at its end is not ours.
    if (!is_regular_ || ::fstat(file_.get(), &opened) != 0 || opened.st_size != end) return;
    if (::ftruncate(file_.get(), end - static_cast<off_t>(octets)) == 0) ends_in_a_cut_line_ = false;
}

}  // namespace dnsexp
