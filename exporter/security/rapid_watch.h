// Clients that ask too often, as the kernel decided: RAPID_QUERIES.
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "exporter/fold/hash.h"
#include "exporter/security/finding.h"
#include "exporter/source/source.h"

namespace dnsexp {

// Many queries alone are no attack: a resolver, or the one address of many hosts, asks so all the time. So a
// finding is low, and medium only where another host asks a hundred times as often as the limit for ten
// seconds of a minute; what leaves this host, and what its programs ask each other, is never more than low.
// Not thread-safe.
class RapidWatch {
  public:
    // So many clients have a history; further ones are judged by the second alone.
    static constexpr size_t capacity = 4096;

    // `limit_qps`: what a client may ask in a second, 1..1000000; as the programs have it.
    explicit RapidWatch(uint32_t limit_qps) : limit_qps_(limit_qps) {}

    // A lower limit keeps the histories: who was over the old one was over this one too. A higher one begins
    // them anew.
    void set_limit(uint32_t limit_qps) {
        if (limit_qps > limit_qps_) histories_.clear();
        limit_qps_ = limit_qps;
    }

    // Call it with each answer of Source::busy_clients(). `now_ns`: the time that was asked with.
    void judge(const std::vector<BusyClient>& busy, uint64_t now_ns, FindingSink& sink);

  private:
    using Key = std::array<uint64_t, 3>;  // address and role
    struct KeyHash {
        SeededHash hash;
        size_t operator()(const Key& key) const {
            return hash({reinterpret_cast<const char*>(key.data()), sizeof key});
        }
    };
    // Seconds over the limit, and those far over it: bit n is n seconds before the last one.
    struct History {
        uint64_t time_ns = 0;  // of the last one
        uint64_t over = 0, far_over = 0;
    };

    void forget(uint64_t now_ns);
    History& history_of(const BusyClient& client, History& without);
    void note(History& history, const BusyClient& client) const;
    [[nodiscard]] Finding finding_of(const BusyClient& client, const History& history) const;

    uint32_t limit_qps_;
    std::unordered_map<Key, History, KeyHash> histories_;
};

}  // namespace dnsexp
