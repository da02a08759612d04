#include "exporter/os/memory.h"

#include <malloc.h>

namespace dnsexp {
namespace {

constexpr int kPools = 1;  // without a limit eight a CPU, each as large as it once had to be
// Given back at once from this size on. glibc's own value at first, but it would grow with what is freed.
constexpr int kLargeOctets = 128 * 1024;

}  // namespace

void bound_memory_pools() {
    mallopt(M_ARENA_MAX, kPools);
    mallopt(M_MMAP_THRESHOLD, kLargeOctets);
}

void give_back_memory() {
    malloc_trim(0);
}

}  // namespace dnsexp
