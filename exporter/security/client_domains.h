// Which registrable domains one client has asked lately, and what became of them: each counts once a window.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace dnsexp {

// Fixed memory: 512 octets. Not thread-safe.
//
// An entry keeps 16 bits of the domain's hash beside its set: a new domain is taken for one that is known in
// at most 4 of 65,536 cases, and then tells nothing.
class ClientDomains {
  public:
    // A domain is remembered for at least this long while there is room, for at most twice as long.
    static constexpr uint64_t window_ns = 1'800'000'000'000;
    static constexpr size_t capacity = 128;

    enum class Seen : uint8_t {
        first,      // it counts
        again,      // it has been counted
        recovered,  // it was counted as one that does not exist, and now has an answer
    };
    struct Look {
        Seen seen = Seen::first;
        float weight = 0;  // recovered: what it was counted with
    };

    // `hash`: seeded, of the domain. `time_ns`: CLOCK_MONOTONIC.
    Look look(uint64_t hash, bool exists, uint64_t time_ns);

    // Whether look() would say `again`.
    [[nodiscard]] bool knows(uint64_t hash, bool exists, uint64_t time_ns) const;

    // Notes what the domain that was just looked up as `first` was counted with: natural logarithm, kept
    // from 0 to 15.9 in sixteenths.
    void weigh(uint64_t hash, float weight);

  private:
    static constexpr size_t ways = 4;
    static constexpr size_t sets = capacity / ways;

    struct Entry {
        uint16_t tag = 0;
        uint8_t weight = 0;
        uint8_t state = 0;  // number of the window, from 1, and missing_bit; 0: the entry is free
    };
    static constexpr uint8_t missing_bit = 0x80;
    using Set = std::array<Entry, ways>;  // the newest first

    // The way of the domain in its set; `ways`: it is in none.
    [[nodiscard]] size_t way_of(uint64_t hash, uint8_t window) const;
    static bool is_again(const Entry& entry, bool exists) {
        return !exists || (entry.state & missing_bit) == 0;
    }
    static bool is_past(const Entry& entry, uint8_t window);
    static size_t way_to_give(const Set& set, uint8_t window, bool exists);

    std::array<Set, sets> sets_{};
};

}  // namespace dnsexp
