// Whether programs may be run where functions of other processes return, without harm to those.
#pragma once

#include "exporter/base/result.h"

namespace dnsexp {

// On x86-64, Linux 6.11 and later have a probed function return by a system call, uretprobe(2). The first of
// them let a process's seccomp filter see it, and most filters, such as those of containers, refuse what they
// don't know: the process then dies. An Error on such a kernel, or where that can't be told. Forks a process
// that ends at once.
Status check_return_probes();

// Whether filters see a system call of this number. It is made, without arguments, by a process that only
// makes it.
Result<bool> is_seen_by_seccomp(int number);

}  // namespace dnsexp
