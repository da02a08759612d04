// The signal that asks a thread to do its part of what holds for all of them: see os/every_thread.h.
#pragma once

#include <signal.h>

namespace dnsexp {

// No thread may block it: capabilities would stay with one that does.
inline int thread_signal() {
    return SIGRTMIN;
}

// For a thread that writes to pipes and full files: it would get SIGPIPE and SIGXFSZ, and wants the error
// alone. The signals of the process go to its main thread.
inline void block_other_signals() {
    sigset_t all;
    sigfillset(&all);
    sigdelset(&all, thread_signal());
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace dnsexp
