// A terminal that is drawn frame by frame, on its alternate screen (xterm's control sequences, which all
// terminals of today know).
#pragma once

#include <termios.h>

#include <memory>
#include <optional>
#include <string>

#include "exporter/base/result.h"
#include "exporter/terminal/layout.h"

namespace dnsexp {

// The octets that draw the lines from the top left corner over what is there: nothing is cleared before it is
// written again, so nothing flickers. Pure.
std::string frame(const Lines& lines, Size size);

// As of now. 80x24 where the terminal doesn't say, or `fd` is none.
Size terminal_size(int fd);

// Not thread-safe. Signals that end the program must be taken as events (os/signals.h): what it did to the
// terminal is undone by the destructor.
class Screen {
  public:
    // `out_fd` is a terminal. `in_fd` may be one: then keys are not echoed. Enters the alternate screen.
    static Result<std::unique_ptr<Screen>> make(int out_fd, int in_fd);
    ~Screen() { leave(); }
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;

    // As of now: it changes when somebody pulls at the window. 80x24 where the terminal doesn't say.
    [[nodiscard]] Size size() const;

    Status draw(const Lines& lines, Size size) const;

    // Readable when keys were pressed; -1 where the input is no terminal.
    [[nodiscard]] int key_fd() const { return saved_ ? in_fd_ : -1; }
    // Takes the keys that were pressed: whether one of them was `q`.
    [[nodiscard]] bool quits() const;

    // Gives the terminal back as it was, and takes it again: around a stop of the process.
    void leave();
    Status enter();

  private:
    Screen(int out_fd, int in_fd) : out_fd_(out_fd), in_fd_(in_fd) {}

    int out_fd_, in_fd_;
    bool entered_ = false;
    std::optional<termios> saved_;  // of the input, where it is a terminal
};

}  // namespace dnsexp
