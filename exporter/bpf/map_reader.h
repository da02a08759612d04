// Reads per-CPU maps whole and sums over the CPUs, in batches where the kernel has them (Linux 5.6 for
// hashes, 5.13 for per-CPU arrays). Memory does not grow with the number of possible CPUs.
#pragma once

#include <bpf/bpf.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <vector>

#include "exporter/base/result.h"
#include "exporter/source/source.h"

namespace dnsexp {

namespace map_reader {

inline constexpr size_t kBufferOctets = size_t{256} * 1024;
inline constexpr size_t kBatchMax = 256;

// Every value of our maps is a struct of 64-bit counters; n of them, one a CPU, lie behind each other.
template <typename Value>
Value sum(const Value* values, size_t n) {
    static_assert(sizeof(Value) % sizeof(__u64) == 0);
    Value total{};
    auto* words = reinterpret_cast<__u64*>(&total);
    constexpr size_t count = sizeof(Value) / sizeof(__u64);
    for (size_t cpu = 0; cpu < n; cpu++) {
        const auto* of_cpu = reinterpret_cast<const __u64*>(&values[cpu]);
        for (size_t i = 0; i < count; i++) words[i] += of_cpu[i];
    }
    return total;
}

template <typename Value>
bool all_zero(const Value& value) {
    const auto* words = reinterpret_cast<const __u64*>(&value);
    return std::all_of(words, words + sizeof(Value) / sizeof(__u64), [](__u64 word) { return word == 0; });
}

template <typename Key, typename Value>
void keep(const Key& key, const Value* values, size_t cpus, std::vector<PerCpuEntry<Key, Value>>& out) {
    const Value total = sum(values, cpus);
    if (!all_zero(total)) out.push_back({key, {total}});
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
        if (bpf_map_lookup_elem(fd, &key, values.data()) == 0) keep(key, values.data(), cpus, out);
    }
    if (errno != ENOENT) return Error{"read BPF map", "", errno, "", ""};
    return ok();
}

}  // namespace map_reader

// Every entry that is not all zero, with the sum over its CPUs as its one value.
template <typename Key, typename Value>
Result<std::vector<PerCpuEntry<Key, Value>>> read_per_cpu_map(int fd, size_t cpus, size_t max_entries) {
    using namespace map_reader;
    std::vector<PerCpuEntry<Key, Value>> out;
    const size_t fitting = std::max<size_t>(1, kBufferOctets / (sizeof(Value) * cpus));
    const size_t batch = std::min({kBatchMax, max_entries, fitting});
    std::vector<Key> keys(batch);
    std::vector<Value> values(batch * cpus);
    uint64_t cursor[8] = {};  // opaque: a u32 for arrays, a key for hashes
    bool first = true;
    for (;;) {
        auto count = static_cast<uint32_t>(batch);
        LIBBPF_OPTS(bpf_map_batch_opts, options);
        const int error = bpf_map_lookup_batch(fd, first ? nullptr : cursor, cursor, keys.data(),
                                               values.data(), &count, &options);
        if (error && errno != ENOENT) {
            if (!first) return Error{"read BPF map", "", errno, "", ""};
            if (auto status = read_singly(fd, cpus, out); !status) return status.error();
            return out;
        }
        for (uint32_t i = 0; i < count; i++) keep(keys[i], &values[i * cpus], cpus, out);
        if (error) return out;
        first = false;
    }
}

}  // namespace dnsexp
