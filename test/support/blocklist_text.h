// Lists from text, and what they hold.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "exporter/blocklist/list_loader.h"
#include "test/support/packet_builder.h"

namespace dnsexp::test {

inline constexpr uint64_t list_seed = 0x5eed;

inline Result<LoadedList> load_list(std::string_view text,
                                    BlocklistFormat format = BlocklistFormat::automatic) {
    ListLoader loader("list", format, list_seed);
    loader.add(text);
    return std::move(loader).finish();
}

// Labels of the entry that holds the name; 0: none does.
inline size_t held(const NameTable& table, std::string_view name) {
    const Bytes wire = wire_name(name);
    TailHashes hashes;
    hash_tails(*split_labels(wire), list_seed, hashes);
    return table.find(hashes).value_or(0);
}

inline bool holds(const LoadedList& list, std::string_view name) {
    return held(*list.table, name) > 0;
}

}  // namespace dnsexp::test
