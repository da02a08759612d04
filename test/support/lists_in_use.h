// Blocklists as their tests make and ask them.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "exporter/blocklist/blocklists.h"
#include "test/support/packet_builder.h"

namespace dnsexp::test {

inline std::optional<BlocklistMatch> match(Blocklists& lists, std::string_view name) {
    const auto wire = wire_name(name);
    return lists.match(*split_labels(wire));
}

// True as soon as it is; waits at most ten seconds.
inline bool soon(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (std::chrono::steady_clock::now() < end) {
        if (condition()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
}

inline BlocklistConfig file_list(const std::string& name, const std::string& path, uint32_t severity = 3) {
    return {name, path, "", BlocklistFormat::automatic, severity};
}

}  // namespace dnsexp::test
