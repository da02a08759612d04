// Reads maps whole, in batches where the kernel has them (Linux 5.6 for hashes, 5.13 for per-CPU arrays).
#pragma once

#include <bpf/bpf.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <vector>

#include "exporter/base/result.h"
#include "exporter/source/source.h"

namespace dnsexp {

// Entries in one system call: bounds the buffer on machines with many possible CPUs.
inline constexpr uint32_t kReadBatch = 256;

namespace map_reader {

template <typename Value>
bool all_zero(const Value* values, size_t n) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(values);
    return std::all_of(bytes, bytes + n * sizeof(Value), [](unsigned char b) { return b == 0; });
}

// One key at a time, for kernels without batches.
template <typename Key, typename Value>
Status read_singly(int fd, size_t cpus, std::vector<PerCpuEntry<Key, Value>>& out) {
    std::vector<Value> values(cpus);
    Key key{}, next{};
    const void* previous = nullptr;
    while (bpf_map_get_next_key(fd, previous, &next) == 0) {
        key = next;
        previous = &key;
        if (bpf_map_lookup_elem(fd, &key, values.data())) continue;
        if (!all_zero(values.data(), cpus)) out.push_back({key, values});
    }
    if (errno != ENOENT) return Error{"read BPF map", "", errno, "", ""};
    return ok();
}

}  // namespace map_reader

// Every entry of a per-CPU map whose value is not all zero. Value's size is a multiple of 8, as the kernel
// pads to.
template <typename Key, typename Value>
Result<std::vector<PerCpuEntry<Key, Value>>> read_per_cpu_map(int fd, size_t cpus) {
    static_assert(sizeof(Value) % 8 == 0);
    std::vector<PerCpuEntry<Key, Value>> out;
    std::vector<Key> keys(kReadBatch);
    std::vector<Value> values(kReadBatch * cpus);
    uint64_t cursor[8] = {};  // opaque: a u32 for arrays, a key for hashes
    bool first = true;
    for (;;) {
        uint32_t count = kReadBatch;
        LIBBPF_OPTS(bpf_map_batch_opts, options);
        const int error = bpf_map_lookup_batch(fd, first ? nullptr : cursor, cursor, keys.data(),
                                               values.data(), &count, &options);
        if (error && errno != ENOENT) {
            if (!first) return Error{"read BPF map", "", errno, "", ""};
            if (auto status = map_reader::read_singly(fd, cpus, out); !status) return status.error();
            return out;
        }
        for (uint32_t i = 0; i < count; i++) {
            const Value* value = &values[i * cpus];
            if (!map_reader::all_zero(value, cpus)) out.push_back({keys[i], {value, value + cpus}});
        }
        if (error) return out;
        first = false;
    }
}

}  // namespace dnsexp
