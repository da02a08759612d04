// Keeps what goes to stderr while a terminal is drawn on, and gives it out afterwards: a line of the log in
// the middle of a frame would spoil it.
#pragma once

#include "exporter/base/unique_fd.h"

namespace dnsexp {

// Of what is written, the first 64 KiB (a pipe's capacity) are kept; the rest is dropped, and nobody waits.
// Where stderr is no terminal, or there are no descriptors left, it does nothing. One at a time in a process.
class HeldStderr {
  public:
    HeldStderr();
    ~HeldStderr();
    HeldStderr(const HeldStderr&) = delete;
    HeldStderr& operator=(const HeldStderr&) = delete;

  private:
    UniqueFd real_, held_;
};

}  // namespace dnsexp
