#include "exporter/terminal/screen.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>

#include "exporter/base/unique_fd.h"
#include "exporter/terminal/held_stderr.h"

using namespace dnsexp;

namespace {

// A pseudo-terminal: `ours` is the end at which a terminal emulator sits.
struct Pty {
    UniqueFd ours{posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
    UniqueFd theirs;

    Pty() {
        std::array<char, 64> name{};
        if (grantpt(ours.get()) != 0 || unlockpt(ours.get()) != 0 ||
            ptsname_r(ours.get(), name.data(), name.size()) != 0)
            throw std::runtime_error("no pseudo-terminal");
        theirs.reset(open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC));
    }
    void resize(uint16_t width, uint16_t height) const {
        const winsize size{height, width, 0, 0};
        ioctl(ours.get(), TIOCSWINSZ, &size);
    }
    [[nodiscard]] std::string output() const {
        std::string text;
        std::array<char, 4096> part{};
        pollfd one{ours.get(), POLLIN, 0};
        while (poll(&one, 1, 50) > 0) {
            const ssize_t size = read(ours.get(), part.data(), part.size());
            if (size <= 0) break;
            text.append(part.data(), static_cast<size_t>(size));
        }
        return text;
    }
    [[nodiscard]] tcflag_t local_modes() const {
        termios now{};
        tcgetattr(theirs.get(), &now);
        return now.c_lflag;
    }
};

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("A frame begins at the top and clears only what it leaves") {
    CHECK(frame({"abc", "de"}, {3, 3}) == "\x1b[Habc\r\nde\x1b[K\x1b[J");
    CHECK(frame({"a", "b"}, {1, 2}) == "\x1b[Ha\r\nb");
    CHECK(frame({"a", "b", "c"}, {1, 2}) == "\x1b[Ha\r\nb");  // no line scrolls the screen
    CHECK(frame({}, {5, 5}) == "\x1b[H\x1b[J");
    // A full line of block characters is as wide as one of letters.
    CHECK(frame({"\xe2\x96\x88\xe2\x96\x88"}, {2, 1}) == "\x1b[H\xe2\x96\x88\xe2\x96\x88");
}

TEST_CASE("A screen takes the terminal and gives it back as it was") {
    const Pty pty;
    const tcflag_t before = pty.local_modes();
    REQUIRE((before & ECHO) != 0);
    {
        const auto screen = Screen::make(pty.theirs.get(), pty.theirs.get());
        REQUIRE(screen);
        const std::string entered = pty.output();
        CHECK(contains(entered, "\x1b[?1049h"));
        CHECK(contains(entered, "\x1b[?25l"));
        CHECK((pty.local_modes() & (ECHO | ICANON)) == 0);
        CHECK((pty.local_modes() & ISIG) != 0);  // Ctrl-C still works
    }
    const std::string left = pty.output();
    CHECK(contains(left, "\x1b[?25h"));
    CHECK(contains(left, "\x1b[?7h"));
    CHECK(left.ends_with("\x1b[?1049l"));
    CHECK(pty.local_modes() == before);
}

TEST_CASE("A screen can be left and entered again, and leaving twice says nothing more") {
    const Pty pty;
    const tcflag_t before = pty.local_modes();
    const auto screen = Screen::make(pty.theirs.get(), pty.theirs.get());
    REQUIRE(screen);
    screen.value()->leave();
    CHECK(pty.local_modes() == before);
    (void)pty.output();
    screen.value()->leave();
    CHECK(pty.output().empty());
    REQUIRE(screen.value()->enter());
    CHECK(contains(pty.output(), "\x1b[?1049h"));
    CHECK((pty.local_modes() & ECHO) == 0);
}

TEST_CASE("The size is that of the window as of now") {
    const Pty pty;
    const auto screen = Screen::make(pty.theirs.get(), -1);
    REQUIRE(screen);
    CHECK(screen.value()->size() == Size{80, 24});  // it does not say
    pty.resize(100, 30);
    CHECK(screen.value()->size() == Size{100, 30});
    pty.resize(40, 10);
    CHECK(screen.value()->size() == Size{40, 10});
}

TEST_CASE("The key q ends it, others do not") {
    const Pty pty;
    const auto screen = Screen::make(pty.theirs.get(), pty.theirs.get());
    REQUIRE(screen);
    CHECK(screen.value()->key_fd() == pty.theirs.get());
    CHECK_FALSE(screen.value()->quits());
    REQUIRE(write(pty.ours.get(), "ab\x1b", 3) == 3);
    usleep(20'000);
    CHECK_FALSE(screen.value()->quits());
    REQUIRE(write(pty.ours.get(), "xq", 2) == 2);
    usleep(20'000);
    CHECK(screen.value()->quits());
}

TEST_CASE("Without keys a screen draws all the same") {
    const Pty pty;
    const auto screen = Screen::make(pty.theirs.get(), -1);
    REQUIRE(screen);
    CHECK(screen.value()->key_fd() == -1);
    (void)pty.output();
    REQUIRE(screen.value()->draw({"hello"}, {80, 24}));
    CHECK(contains(pty.output(), "\x1b[Hhello\x1b[K"));
}

TEST_CASE("A terminal that has gone is an error") {
    Pty pty;
    const auto screen = Screen::make(pty.theirs.get(), -1);
    REQUIRE(screen);
    pty.ours.reset();
    CHECK_FALSE(screen.value()->draw({"hello"}, {80, 24}));
}

TEST_CASE("What goes to a terminal's stderr meanwhile comes afterwards") {
    const Pty pty;
    const UniqueFd real(dup(STDERR_FILENO));
    dup2(pty.theirs.get(), STDERR_FILENO);
    std::string meanwhile;
    {
        const HeldStderr held;
        (void)!write(STDERR_FILENO, "a line\n", 7);
        meanwhile = pty.output();
        const std::string flood(1 << 20, 'x');  // more than it keeps: nobody waits
        for (size_t at = 0; at < flood.size(); at += 4096)
            (void)!write(STDERR_FILENO, flood.data() + at, 4096);
        CHECK(fcntl(STDERR_FILENO, F_GETFD) >= 0);
        // A pseudo-terminal holds little, and nobody reads yet.
        fcntl(pty.theirs.get(), F_SETFL, O_RDWR | O_NONBLOCK);
    }
    const std::string afterwards = pty.output();
    dup2(real.get(), STDERR_FILENO);
    CHECK(meanwhile.empty());
    CHECK(afterwards.starts_with("a line\r\n"));
}
