// The memory of an mmapable BPF array, with one owner.
#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <cstddef>
#include <utility>

#include "exporter/base/result.h"

namespace dnsexp {

template <typename T>
class MemoryMap {
  public:
    // Maps `count` entries of T. T's size is a multiple of 8, so entries lie without gaps.
    static Result<MemoryMap> make(int fd, size_t count) {
        static_assert(sizeof(T) % 8 == 0);
        void* data = mmap(nullptr, count * sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (data == MAP_FAILED) return Error{"map BPF array into memory", "", errno, "", ""};
        return MemoryMap(static_cast<T*>(data), count);
    }
    MemoryMap(MemoryMap&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), count_(std::exchange(other.count_, 0)) {}
    MemoryMap& operator=(MemoryMap&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(count_, other.count_);
        return *this;
    }
    ~MemoryMap() {
        if (data_) munmap(data_, count_ * sizeof(T));
    }

    T& operator[](size_t i) { return data_[i]; }
    const T& operator[](size_t i) const { return data_[i]; }
    [[nodiscard]] size_t size() const { return count_; }

  private:
    MemoryMap(T* data, size_t count) : data_(data), count_(count) {}
    T* data_;
    size_t count_;
};

}  // namespace dnsexp
