#include "exporter/terminal/screen.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "exporter/terminal/text.h"

namespace dnsexp {
namespace {

// Xterm's private modes: 1049 alternate screen with the cursor saved, 25 cursor, 7 wrap at the last column.
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[H\x1b[2J";
constexpr std::string_view kLeave = "\x1b[?7h\x1b[?25h\x1b[?1049l";
constexpr std::string_view kHome = "\x1b[H";
constexpr std::string_view kClearToEndOfLine = "\x1b[K";
constexpr std::string_view kClearBelow = "\x1b[J";
constexpr std::string_view kReset = "\x1b[0m";

constexpr int kWriteTimeoutMs = 2'000;  // for a terminal that takes nothing more, such as one after Ctrl-S

Status write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = write(fd, text.data(), text.size());
        if (written >= 0) {
            text.remove_prefix(static_cast<size_t>(written));
            continue;
        }
        if (errno == EINTR) continue;
        pollfd one{fd, POLLOUT, 0};
        if (errno == EAGAIN && poll(&one, 1, kWriteTimeoutMs) > 0) continue;
        return Error{"write to", "the terminal", errno, "", ""};
    }
    return ok();
}

}  // namespace

std::string frame(const Lines& lines, Size size) {
    std::string text(kHome);
    for (size_t i = 0; i < lines.size() && i < size.height; ++i) {
        if (i > 0) text += "\r\n";
        text += lines[i];
        // Behind the last column the cursor has nowhere to go, and would clear what was written there.
        if (columns(lines[i]) < size.width) text += kClearToEndOfLine;
    }
    if (lines.size() < size.height) text += kClearBelow;
    return text;
}

Result<std::unique_ptr<Screen>> Screen::make(int out_fd, int in_fd) {
    std::unique_ptr<Screen> screen(new Screen(out_fd, in_fd));
    if (auto status = screen->enter(); !status) return status.error();
    return screen;
}

Status Screen::enter() {
    if (termios now{}; isatty(in_fd_) && tcgetattr(in_fd_, &now) == 0) {
        saved_ = now;
        now.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON);
        now.c_cc[VMIN] = 0;  // a read takes what is there and does not wait
        now.c_cc[VTIME] = 0;
        if (tcsetattr(in_fd_, TCSANOW, &now) != 0) saved_.reset();
    }
    entered_ = true;
    return write_all(out_fd_, kEnter);
}

void Screen::leave() {
    if (!entered_) return;
    entered_ = false;
    (void)!write_all(out_fd_, std::string(kReset) + std::string(kLeave));  // nobody is left to tell
    if (saved_) tcsetattr(in_fd_, TCSANOW, &*saved_);
    saved_.reset();
}

Size terminal_size(int fd) {
    winsize now{};
    if (ioctl(fd, TIOCGWINSZ, &now) != 0 || now.ws_col == 0 || now.ws_row == 0) return {};
    return {now.ws_col, now.ws_row};
}

Size Screen::size() const {
    return terminal_size(out_fd_);
}

Status Screen::draw(const Lines& lines, Size size) const {
    return write_all(out_fd_, frame(lines, size));
}

bool Screen::quits() const {
    if (!saved_) return false;
    std::array<char, 64> keys{};
    const ssize_t count = read(in_fd_, keys.data(), keys.size());
    return count > 0 && std::find(keys.begin(), keys.begin() + count, 'q') != keys.begin() + count;
}

}  // namespace dnsexp
