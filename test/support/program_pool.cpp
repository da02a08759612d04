#include "test/support/program_pool.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace dnsexp::test {
namespace {

// Programs that nobody uses and that are kept all the same; each set has some 30 MB of maps.
constexpr size_t most_free = 4;
constexpr uint32_t batch = 1024;

using Key = std::vector<uint8_t>;

Error map_error(const char* what, const bpf_map* map) {
    return {what, bpf_map__name(map), errno, "", ""};
}

// Octets of a value as system calls have it: a per-CPU map's has one for each CPU, each padded to 8 octets.
size_t value_octets(const bpf_map* map) {
    const size_t one = bpf_map__value_size(map);
    const bpf_map_type type = bpf_map__type(map);
    if (type != BPF_MAP_TYPE_PERCPU_ARRAY && type != BPF_MAP_TYPE_PERCPU_HASH) return one;
    return (one + 7) / 8 * 8 * static_cast<size_t>(libbpf_num_possible_cpus());
}

// Before Linux 5.13 per-CPU arrays know no batch.
Status zero_singly(const bpf_map* map, const void* zeros) {
    for (uint32_t key = 0; key < bpf_map__max_entries(map); ++key)
        if (bpf_map_update_elem(bpf_map__fd(map), &key, zeros, BPF_ANY)) return map_error("clear map", map);
    return ok();
}

Status zero_array(const bpf_map* map) {
    const uint32_t entries = bpf_map__max_entries(map);
    const std::vector<uint8_t> zeros(value_octets(map) * std::min(batch, entries));
    std::vector<uint32_t> keys(std::min(batch, entries));
    for (uint32_t at = 0; at < entries; at += batch) {
        uint32_t count = std::min(batch, entries - at);
        for (uint32_t i = 0; i < count; ++i) keys[i] = at + i;
        LIBBPF_OPTS(bpf_map_batch_opts, options);
        if (bpf_map_update_batch(bpf_map__fd(map), keys.data(), zeros.data(), &count, &options))
            return zero_singly(map, zeros.data());
    }
    return ok();
}

std::vector<Key> keys_of(const bpf_map* map) {
    std::vector<Key> keys;
    Key next(bpf_map__key_size(map));
    while (bpf_map_get_next_key(bpf_map__fd(map), keys.empty() ? nullptr : keys.back().data(), next.data()) ==
           0)
        keys.push_back(next);
    return keys;
}

// Leaves the keys of `first`, at zero.
Status clear_hash(const bpf_map* map, const std::vector<Key>& first) {
    for (const Key& key : keys_of(map))
        if (bpf_map_delete_elem(bpf_map__fd(map), key.data())) return map_error("clear map", map);
    const std::vector<uint8_t> zeros(value_octets(map));
    for (const Key& key : first)
        if (bpf_map_update_elem(bpf_map__fd(map), key.data(), zeros.data(), BPF_ANY))
            return map_error("clear map", map);
    return ok();
}

Status drain_ring(const bpf_map* map) {
    const auto ignore = [](void*, void*, size_t) { return 0; };
    ring_buffer* ring = ring_buffer__new(bpf_map__fd(map), ignore, nullptr, nullptr);
    if (!ring) return map_error("open ring buffer", map);
    const int result = ring_buffer__consume(ring);
    ring_buffer__free(ring);
    return result < 0 ? Status(Error{"clear ring buffer", bpf_map__name(map), -result, "", ""}) : ok();
}

Status clear_map(const bpf_map* map, const std::vector<Key>& traffic_keys) {
    if (bpf_map__fd(map) < 0 || bpf_map__is_internal(map)) return ok();
    switch (bpf_map__type(map)) {
        case BPF_MAP_TYPE_ARRAY:
        case BPF_MAP_TYPE_PERCPU_ARRAY:
            return zero_array(map);
        case BPF_MAP_TYPE_PERCPU_HASH:
            return clear_hash(map, traffic_keys);
        case BPF_MAP_TYPE_HASH:
        case BPF_MAP_TYPE_LRU_HASH:
            return clear_hash(map, {});
        case BPF_MAP_TYPE_SK_STORAGE:  // goes with the sockets
            return ok();
        case BPF_MAP_TYPE_RINGBUF:
            return drain_ring(map);
        default:
            return Error{"clear map", bpf_map__name(map), 0, "its type is not known here", ""};
    }
}

}  // namespace

ProgramPool::Fixed::Fixed(const Config& config, Variant of)
    : timeout_ms(config.capture.query_timeout_ms),
      late_ms(config.capture.late_window_ms),
      pending(config.performance.pending_queries_max),
      servers(config.capture.max_servers),
      ring_kb(config.performance.ring_buffer_size_kb),
      variant(of),
      backend(config.workload.backend) {}

Result<LoadedPrograms> ProgramPool::take(const Config& config, Variant variant) {
    const Fixed fixed(config, variant);
    const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
        return entry.fixed == fixed && entry.programs.skeleton.use_count() == 1;
    });
    if (found == entries_.end()) return load(config, fixed);
    std::rotate(found, found + 1, entries_.end());
    const Entry& entry = entries_.back();
    dns_exporter& skeleton = *entry.programs.skeleton;
    std::memcpy(skeleton.bss, entry.variables.data(), entry.variables.size());
    skeleton.bss->settings = make_settings(config);
    const bpf_map* map = nullptr;
    bpf_object__for_each_map(map, skeleton.obj) if (auto status = clear_map(map, entry.traffic_keys);
                                                    !status) return status.error();
    return entry.programs;
}

Result<LoadedPrograms> ProgramPool::load(const Config& config, const Fixed& fixed) {
    make_room();
    auto programs = load_programs(config, {fixed.variant});
    if (!programs) return programs.error();
    const dns_exporter& skeleton = *programs->skeleton;
    const auto* variables = reinterpret_cast<const uint8_t*>(skeleton.bss);
    entries_.push_back({fixed,
                        programs.value(),
                        {variables, variables + sizeof *skeleton.bss},
                        keys_of(skeleton.maps.traffic)});
    return programs;
}

void ProgramPool::make_room() {
    const auto is_free = [](const Entry& entry) { return entry.programs.skeleton.use_count() == 1; };
    if (static_cast<size_t>(std::count_if(entries_.begin(), entries_.end(), is_free)) >= most_free)
        entries_.erase(std::find_if(entries_.begin(), entries_.end(), is_free));
}

}  // namespace dnsexp::test
