// Memory straight from the kernel: what a list gives back leaves the process at once, whatever the allocator
// would have kept.
#pragma once

#include <cstddef>
#include <utility>

#include "exporter/base/result.h"

namespace dnsexp {

// Anonymous memory that reads as zero. Only what was written is resident.
class Pages {
  public:
    Pages() = default;
    Pages(Pages&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), octets_(std::exchange(other.octets_, 0)) {}
    Pages& operator=(Pages&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(octets_, other.octets_);
        return *this;
    }
    Pages(const Pages&) = delete;
    Pages& operator=(const Pages&) = delete;
    ~Pages();

    // `octets`: more than 0.
    static Result<Pages> make(size_t octets);

    // Keeps the contents; they may lie elsewhere afterwards. On failure nothing has changed.
    Status grow(size_t octets);

    // Asks for huge pages, which spare a table that is read at random most of its TLB misses. A hint only.
    void prefer_huge();

    [[nodiscard]] void* data() const { return data_; }
    [[nodiscard]] size_t octets() const { return octets_; }

  private:
    Pages(void* data, size_t octets) : data_(data), octets_(octets) {}

    void* data_ = nullptr;
    size_t octets_ = 0;
};

}  // namespace dnsexp
