// The K heaviest keys of a stream, with exact counters that Prometheus can sum.
//
// Each event adds 1 to exactly one counter: that of a shown key, or `other`. At every moment
//     sum over shown keys + other + retired == events added,
// and no series ever goes down. Prometheus sees only what is exposed, so a series must be exposed at 0 before
// it counts (increase() misses a first value) and once more with its final value before it ends. Hence a
// key's life:
//
//     candidate -> born    -> live   -> closing -> candidate again, or forgotten
//     (in other)   at 0,      counts    frozen,     its total moved to `retired`
//                  in other             in other
//
// with the steps after `born` and `closing` taken only once an exposition has shown the key so. Where nobody
// collects (set_collected), there is no increase() to miss anything: a key is live, and counts, from its
// first event.
//
// Which keys: Space-Saving (Metwally, Agrawal, El Abbadi 2005) over 8 K candidates; the shown keys have their
// own places, so a flood of random names can't push them out of the table. A key's strength is its guaranteed
// count, the estimate less its error, halved by age(); random names have a strength of about 1. Free room
// goes to new keys at once. When there is none, a candidate replaces the weakest live key only if it is more
// than twice as strong plus `replace_margin`, and only a few keys are closing at a time.
//
// Memory: 9 K keys of 192 octets, plus 32 octets of index and 4 of heap, plus the text of each key. An event
// costs O(log K), and allocates nothing where its key is known. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/fold/key_index.h"

namespace dnsexp {

class TopK {
  public:
    static constexpr size_t classes = 8;  // counters a key, one an outcome class
    static constexpr uint32_t candidates_per_shown = 8;
    static constexpr uint64_t replace_margin = 16;
    using Row = std::array<uint64_t, classes>;

    struct Shown {
        std::string key;
        Row counts;
    };

    // At most `shown_max` keys are shown (born, live and closing ones); 0 counts everything in `other`.
    explicit TopK(uint32_t shown_max);

    // Another number of keys. More: the memory grows with it, and never shrinks. Fewer: the weakest live keys
    // are closed, so they are shown once more, and candidates that find no place are forgotten.
    void set_shown_max(uint32_t shown_max);

    // Whether somebody collects what is exposed; true at first.
    void set_collected(bool collected) { collected_ = collected; }

    // So many events; 0 finds a place for the key. The keys `other` and "" count in `other`: the one is the
    // rest's own label, the other no key.
    void add(std::string_view key, size_t outcome_class, uint64_t events = 1);

    // Whether the key is shown, and its events count in `other` until an exposition has shown it at 0.
    [[nodiscard]] bool is_born(std::string_view key) const;

    // Halves every estimate, so that yesterday's giants give way; counters are not touched.
    // With a period P, a key's strength reflects its last 2 P.
    void age();

    // The rows of the exposition that is being made. Each born and closing key among them has been shown
    // then.
    std::vector<Shown> expose();

    // The rows of the last expose() have reached Prometheus: takes the steps that waited for it, fills free
    // room and chooses the keys to replace.
    void exported();

    // Of all keys that have a place, shown or not, so many: those with most events of the last two ageing
    // periods, the strongest first. The counts are of the events since the key got its place, so they grow
    // until the key is forgotten; several million queries of last week don't put a key first. Changes
    // nothing.
    struct Heavy {
        std::string key;
        Row events;
    };
    [[nodiscard]] std::vector<Heavy> heaviest(size_t count) const;

    [[nodiscard]] const Row& other() const { return other_; }
    [[nodiscard]] const Row& retired() const { return retired_; }
    [[nodiscard]] size_t tracked() const { return entries_.size() - free_.size(); }

  private:
    enum class State : uint8_t { unused, candidate, born, live, closing };
    struct Entry {
        std::string key;
        uint64_t hash = 0;
        uint64_t estimate = 0;
        uint64_t error = 0;  // how much of the estimate may be another key's
        uint32_t heap_at = 0;
        State state = State::unused;
        bool exposed = false;
        Row counts{};
        Row events{};  // since the key got its place
        [[nodiscard]] uint64_t strength() const { return estimate - error; }
    };

    [[nodiscard]] uint32_t find(std::string_view key, uint64_t hash) const;
    uint32_t admit(std::string_view key, uint64_t hash);
    uint32_t place(std::string_view key, uint64_t hash);
    uint32_t take_over_weakest(std::string_view key, uint64_t hash);
    void forget(uint32_t slot);
    void become_candidate(uint32_t slot);
    void become_shown(uint32_t slot);
    std::vector<uint32_t> take_steps();
    void fill_room();
    void choose_closing();
    [[nodiscard]] std::vector<uint32_t> strongest_candidates(size_t count) const;

    void heap_set(size_t at, uint32_t slot);
    void heap_up(size_t at);
    void heap_down(size_t at);
    void heap_remove(size_t at);

    uint32_t shown_max_;
    uint32_t candidates_max_;
    uint32_t shown_ = 0;
    bool collected_ = true;
    bool exposed_ = false;  // since the last exported()
    bool resting_ = false;  // keys have gone, and no exposition without them has reached Prometheus
    uint64_t seed_;
    std::vector<Entry> entries_;
    std::vector<uint32_t> free_;
    std::vector<uint32_t> heap_;  // candidates, the lowest estimate first
    KeyIndex index_;
    Row other_{};
    Row retired_{};
};

}  // namespace dnsexp
