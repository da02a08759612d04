// Signals as events of a file descriptor, so that nothing runs in a signal handler.
#pragma once

#include <initializer_list>

#include "exporter/base/result.h"
#include "exporter/base/unique_fd.h"

namespace dnsexp {

// Blocks SIGINT, SIGTERM and SIGHUP in this thread, and so in the threads that it starts from now on, and
// gives a non-blocking signalfd(2) that becomes readable when one comes. Ignores SIGPIPE in the whole
// process: a client that goes away is an EPIPE. Call once, before any thread starts.
// `more`: signals that are taken as well, such as SIGWINCH.
Result<UniqueFd> make_signal_fd(std::initializer_list<int> more = {});

// The number of a signal that has come, or 0 when there is none. Each call takes one.
int read_signal(int fd);

}  // namespace dnsexp
