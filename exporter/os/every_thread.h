// Doing something in each thread of this process, also in those that libraries started: what the kernel keeps
// for each thread has to be changed by that thread itself.
#pragma once

#include <functional>
#include <string>

#include "exporter/base/result.h"

namespace dnsexp {

// Runs `action` in the calling thread and, in the handler of a signal (thread_signal()), in every other one
// until `is_done` says so of each thread's /proc/PID/task/TID/status. `action` makes system calls only and
// may run more than once in a thread. An Error names a thread that was not done after five seconds. Not for
// two threads at once. libpsx does the like, but in 2.66 (Debian 12) only for threads that were started
// through its own pthread_create, which std::thread's and libcurl's are not.
Status in_every_thread(void (*action)() noexcept, const std::function<bool(const std::string&)>& is_done);

}  // namespace dnsexp
