#include "exporter/os/affinity.h"

#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>

namespace dnsexp {
namespace {

constexpr size_t kCpus = 8192;  // NR_CPUS of the largest kernels that distributions ship

using CpuSet = std::unique_ptr<cpu_set_t, void (*)(cpu_set_t*)>;

CpuSet empty_set() {
    CpuSet set(CPU_ALLOC(kCpus), [](cpu_set_t* one) { CPU_FREE(one); });
    if (set) CPU_ZERO_S(CPU_ALLOC_SIZE(kCpus), set.get());
    return set;
}

// As in "0-3,6".
std::string text_of(const cpu_set_t* set) {
    const auto is_in = [set](size_t cpu) {
        return cpu < kCpus && CPU_ISSET_S(cpu, CPU_ALLOC_SIZE(kCpus), set);
    };
    std::string text;
    for (size_t first = 0; first < kCpus; ++first) {
        if (!is_in(first)) continue;
        size_t last = first;
        while (is_in(last + 1)) ++last;
        text += (text.empty() ? "" : ",") + std::to_string(first);
        if (last != first) text += "-" + std::to_string(last);
        first = last;
    }
    return text;
}

}  // namespace

Status pin_this_thread(const std::vector<uint32_t>& cpus) {
    if (cpus.empty()) return ok();
    const size_t size = CPU_ALLOC_SIZE(kCpus);
    const CpuSet allowed = empty_set(), wanted = empty_set();
    if (!allowed || !wanted) return Error{"choose CPUs", "", ENOMEM, "", ""};
    if (sched_getaffinity(0, size, allowed.get())) return Error{"read the allowed CPUs", "", errno, "", ""};
    for (const uint32_t cpu : cpus) {
        if (cpu >= kCpus || !CPU_ISSET_S(cpu, size, allowed.get()))
            return Error{"run on CPU", std::to_string(cpu), 0, "it is not there, or not allowed",
                         "set performance.cpu_affinity to some of " + text_of(allowed.get())};
        CPU_SET_S(cpu, size, wanted.get());
    }
    if (sched_setaffinity(0, size, wanted.get())) return Error{"run on the chosen CPUs", "", errno, "", ""};
    return ok();
}

}  // namespace dnsexp
