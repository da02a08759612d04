#include "exporter/alerts/file_sink.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "exporter/alerts/alert_json.h"

namespace dnsexp {
namespace {

constexpr mode_t kMode = 0640;

std::string hint(int errnum) {
    if (errnum == ENOSPC || errnum == EDQUOT) return "make room on the disk";
    if (errnum == EACCES || errnum == EPERM || errnum == EROFS) return "let the exporter's user write there";
    return errnum == ENOENT ? "make its folder" : "";
}

}  // namespace

Delivery FileSink::deliver(const std::vector<Alert>& batch, const std::stop_token& stop) {
    Delivery delivery;
    if (!file_ || is_moved()) {
        if (const Status opened = open(); !opened) {
            delivery.error = opened.error();
            return delivery;
        }
    }
    for (const Alert& alert : batch) {
        if (stop.stop_requested()) break;
        begin_line(alert_json(alert) + "\n");
        if (Status written = write_rest(); !written) {
            delivery.error = std::move(written).error();
            return delivery;
        }
        ++delivery.delivered;
    }
    if (delivery.delivered < batch.size()) delivery.error = error("write", ECANCELED);
    return delivery;
}

Status FileSink::open() {
    // Without O_NONBLOCK a pipe that nobody reads would hold up the thread.
    UniqueFd file(
        ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, kMode));
    if (!file) return error("open", errno);
    file_ = std::move(file);
    return ok();
}

bool FileSink::is_moved() const {
    struct stat at_path {};
    struct stat opened {};
    if (::stat(path_.c_str(), &at_path) != 0 || ::fstat(file_.get(), &opened) != 0) return true;
    return at_path.st_ino != opened.st_ino || at_path.st_dev != opened.st_dev;
}

// Whether a new line may begin: other files than regular ones, and those that can't be read, tell nothing.
bool FileSink::ends_in_a_line() const {
    struct stat opened {};
    if (::fstat(file_.get(), &opened) != 0 || !S_ISREG(opened.st_mode) || opened.st_size == 0) return true;
    const UniqueFd reader(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    char last = '\n';
    return !reader || ::pread(reader.get(), &last, 1, opened.st_size - 1) != 1 || last == '\n';
}

// What is missing of the line in the file: its rest where this line was cut and nothing happened to the file
// since, else all of it, on a line of its own.
void FileSink::begin_line(std::string line) {
    struct stat opened {};
    const bool is_cut = !rest_.empty() && line == line_ && ::fstat(file_.get(), &opened) == 0 &&
                        opened.st_size == size_when_cut_;
    if (!is_cut) rest_ = ends_in_a_line() ? line : "\n" + line;
    line_ = std::move(line);
}

Status FileSink::write_rest() {
    while (!rest_.empty()) {
        const ssize_t written = ::write(file_.get(), rest_.data(), rest_.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) {
            const int errnum = written < 0 ? errno : ENOSPC;
            struct stat opened {};
            if (::fstat(file_.get(), &opened) == 0) size_when_cut_ = opened.st_size;
            return error("write", errnum);
        }
        rest_.erase(0, static_cast<size_t>(written));
    }
    line_.clear();
    return ok();
}

Error FileSink::error(const char* operation, int errnum) const {
    return Error{std::string(operation) + " alert file", path_, errnum, "", hint(errnum)};
}

}  // namespace dnsexp
