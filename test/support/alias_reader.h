// Walks an answer section's CNAME targets as the hooks do, with octets in memory instead of a packet.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "ebpf/dns_alias.h"
#include "test/support/dual_settings.h"

namespace dnsexp::test {

struct AliasRead {
    bool ended = false;  // false: there were more steps than are taken
    std::vector<std::vector<uint8_t>> names;
    std::vector<uint64_t> hashes;  // as of questions for their addresses (type A, class IN)
};

// Where a message lies among the octets. `message` is behind `records` where its beginning is not there.
struct AliasPlace {
    uint32_t message, records, end, present;
};

// The octets from `records` to `present` must be there, and before them those from `message` on.
inline AliasRead read_aliases(std::span<const uint8_t> octets, AliasPlace place, uint32_t answer_count) {
    constexpr uint8_t left_over = 0xaa;  // in the hooks, octets of the walk before
    static const dns_hash_keys keys = fixed_hash_keys();
    AliasRead read;
    const auto walk = std::make_unique<dns_alias>();  // on the heap: a write past its end shows
    std::fill_n(walk->name, sizeof(walk->name), left_over);
    dns_alias_begin(walk.get(), place.message, place.records, place.end, place.present, answer_count);
    for (uint32_t i = 0; i < DNS_ALIAS_STEPS && !read.ended; ++i) {
        const uint32_t available = dns_alias_window(walk.get());
        if (available != 0)
            std::ranges::copy(octets.subspan(walk->at, available), dns_alias_place(walk.get()));
        const uint32_t result = dns_alias_step(walk.get(), available);
        read.ended = result == DNS_ALIAS_DONE;
        if (result != DNS_ALIAS_NAME) continue;
        read.names.emplace_back(walk->name, walk->name + walk->used);
        read.hashes.push_back(dns_question_hash(walk->name, walk->used, 1, 1, &keys));
        dns_alias_next(walk.get());
    }
    return read;
}

}  // namespace dnsexp::test
