// The signal that asks a thread to do its part of what holds for all of them: see os/every_thread.h.
#pragma once

#include <signal.h>

namespace dnsexp {

// No thread may block it: capabilities would stay with one that does.
inline int thread_signal() {
    return SIGRTMIN;
}

}  // namespace dnsexp
