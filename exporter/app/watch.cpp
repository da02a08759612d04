#include "exporter/app/watch.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iterator>

#include "exporter/app/watch_session.h"
#include "exporter/os/signals.h"
#include "exporter/os/timer.h"
#include "exporter/terminal/held_stderr.h"
#include "exporter/terminal/screen.h"
#include "exporter/terminal/text.h"

namespace dnsexp {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kMsPerSecond = 1e3;
// What a frame compares with lies up to so far back.
constexpr uint64_t kWindowNs = 60'000'000'000;
constexpr uint64_t kSpacingNs = 1'000'000'000;

enum class Event { tick, resized, suspended, over };

// What the loop waits for.
class Events {
  public:
    Events(UniqueFd signal_fd, UniqueFd timer, const WatchFlags& flags)
        : signal_fd_(std::move(signal_fd)), timer_(std::move(timer)) {
        if (flags.duration_seconds > 0) end_ = Clock::now() + std::chrono::seconds(flags.duration_seconds);
    }

    // The next one. `screen`: whose keys count; may be null.
    Result<Event> wait(const Screen* screen) {
        for (;;) {
            if (end_ && Clock::now() >= *end_) return Event::over;
            pollfd fds[] = {{signal_fd_.get(), POLLIN, 0},
                            {timer_.get(), POLLIN, 0},
                            {screen != nullptr ? screen->key_fd() : -1, POLLIN, 0}};
            if (poll(fds, std::size(fds), milliseconds_left()) < 0) {
                if (errno == EINTR) continue;
                return Error{"poll", "", errno, "", ""};
            }
            if (const int signal = read_signal(signal_fd_.get()); signal != 0) return event_of(signal);
            const bool hung_up = (fds[2].revents & (POLLHUP | POLLERR)) != 0;
            if (hung_up || (fds[2].revents != 0 && screen->quits())) return Event::over;
            if (read_expirations(timer_.get()) > 0) return Event::tick;
        }
    }

  private:
    static Event event_of(int signal) {
        if (signal == SIGWINCH) return Event::resized;
        return signal == SIGTSTP ? Event::suspended : Event::over;
    }
    [[nodiscard]] int milliseconds_left() const {
        constexpr std::chrono::milliseconds longest{60'000};
        if (!end_) return -1;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(*end_ - Clock::now());
        return static_cast<int>(std::clamp(left, std::chrono::milliseconds(0), longest).count());
    }

    UniqueFd signal_fd_, timer_;
    std::optional<Clock::time_point> end_;
};

std::string environment(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets variables
    return value != nullptr ? value : "";
}

// Ctrl-Z: the shell gets its terminal, and fg brings the frame back.
Status suspend(Screen& screen) {
    screen.leave();
    (void)raise(SIGSTOP);
    return screen.enter();
}

Status on_terminal(WatchSession& session, Events& events) {
    if (auto status = session.ask(); !status) return status;
    const HeldStderr held;
    auto screen = Screen::make(STDOUT_FILENO, STDIN_FILENO);
    if (!screen) return screen.error();
    Screen& terminal = *screen.value();
    const Style style{is_utf8_locale(environment("LC_ALL"), environment("LC_CTYPE"), environment("LANG"))};
    for (;;) {
        const Size size = terminal.size();
        if (auto status = terminal.draw(layout(session.view(), size, style), size); !status) return status;
        const auto event = events.wait(&terminal);
        if (!event) return event.error();
        if (event.value() == Event::over) return ok();
        if (event.value() == Event::suspended) {
            if (auto status = suspend(terminal); !status) return status;
        } else if (event.value() == Event::tick) {
            if (auto status = session.ask(); !status) return status;
        }
    }
}

// False: nobody reads any more.
bool print(const std::string& line) {
    return std::printf("%s\n", line.c_str()) >= 0;
}

Status in_lines(WatchSession& session, Events& events) {
    for (;;) {
        if (auto status = session.ask(); !status) return status;
        bool is_read = true;
        for (const std::string& line : session.news()) is_read = is_read && print(line);
        const View view = session.view();
        if (session.is_fresh() && view.window_seconds > 0) is_read = is_read && print(plain_summary(view));
        if (std::fflush(stdout) != 0 || !is_read) return ok();
        const auto event = events.wait(nullptr);
        if (!event) return event.error();
        if (event.value() == Event::over) return ok();
    }
}

}  // namespace

Status run_watch(const Config& config, const Flags& flags) {
    const bool is_terminal = isatty(STDOUT_FILENO) == 1;
    auto signal_fd = is_terminal ? make_signal_fd({SIGWINCH, SIGTSTP}) : make_signal_fd();
    if (!signal_fd) return signal_fd.error();
    Config own = config;  // for programs of its own
    own.web.slow_query_milliseconds = flags.watch.slower_than_ms;
    auto feed = make_feed(own, flags);
    if (!feed) return feed.error();
    auto timer = make_periodic_timer(std::chrono::milliseconds(flags.watch.interval_ms));
    if (!timer) return timer.error();
    Events events(std::move(signal_fd).value(), std::move(timer).value(), flags.watch);
    // A line tells what happened since the one before.
    WatchSession session(*feed.value(), flags.watch.slower_than_ms / kMsPerSecond,
                         is_terminal ? History(kWindowNs, kSpacingNs) : History(0, 0));
    return is_terminal ? on_terminal(session, events) : in_lines(session, events);
}

}  // namespace dnsexp
