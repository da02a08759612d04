// The filter of system calls (seccomp(2)) that a running exporter lives under.
#pragma once

#include "exporter/base/result.h"

namespace dnsexp {

struct CallFilterOptions {
    // Programs that are loaded are still attached: to interfaces and C libraries that come later.
    bool attaches = true;
};

// From here on, in every thread, whatever is not in the list of call_filter.cpp fails with EPERM: to execute
// a program, to make a process, to trace one or signal another, to mount, to enter namespaces, to load
// modules or BPF programs, to make raw and packet sockets. Can't be undone. Needs no_new_privs (see
// forbid_new_privileges()) or CAP_SYS_ADMIN.
Status filter_system_calls(const CallFilterOptions& options);

}  // namespace dnsexp
