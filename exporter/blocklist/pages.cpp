#include "exporter/blocklist/pages.h"

#include <sys/mman.h>

#include <cerrno>
#include <string>

namespace dnsexp {
namespace {

Error refused(size_t octets) {
    return Error{"allocate", std::to_string(octets) + " octets for a blocklist", errno, "", ""};
}

}  // namespace

Pages::~Pages() {
    if (data_ != nullptr) munmap(data_, octets_);
}

Result<Pages> Pages::make(size_t octets) {
    void* const data = mmap(nullptr, octets, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED) return refused(octets);
    return Pages(data, octets);
}

Status Pages::grow(size_t octets) {
    void* const data = mremap(data_, octets_, octets, MREMAP_MAYMOVE);
    if (data == MAP_FAILED) return refused(octets);
    data_ = data;
    octets_ = octets;
    return ok();
}

void Pages::prefer_huge() {
    (void)madvise(data_, octets_, MADV_HUGEPAGE);
}

}  // namespace dnsexp
