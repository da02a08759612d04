// Lookups that a search list wasted (resolv.conf(5), `search` and `ndots`): names that did not exist under a
// suffix and then resolved without it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "ebpf/dns_abi.h"
#include "exporter/fold/key_index.h"
#include "exporter/source/search_list.h"

namespace dnsexp {

// Lookups of which an answer tells what became of them.
struct SearchLookups {
    uint64_t wasted = 0;  // NXDOMAIN under a suffix, of the name that was answered just now
    uint64_t useful = 0;  // NOERROR under a suffix
};

// Remembers lookups that got NXDOMAIN under a suffix, by process, type and name, for a second. Not
// thread-safe.
//
// Of a lookup only a seeded 64-bit hash is kept: one that is taken for another is as likely as 1 in 2^50.
// Memory: 96 octets a lookup. An answer costs as many hash lookups as the list has suffixes.
class SearchPath {
  public:
    // A process goes on to the next suffix as soon as it has the answer, so milliseconds are the rule; and
    // the kernel's programs tell of other answers only for so long (enum dns_event_lane).
    static constexpr uint64_t window_ns = 1'000'000'000;
    // Beyond, the oldest lookup is forgotten: enough for 100 ms of 80,000 a second.
    static constexpr size_t default_capacity = 8192;

    explicit SearchPath(size_t capacity = default_capacity);

    // An answered query of a client. `list` is its process's. The answers in the order in which they came.
    SearchLookups add(const dns_event& event, const SearchList& list);

  private:
    // A lookup. They are numbered from 1 in the order of their answers.
    struct Lookup {
        uint64_t number = 0;
        uint64_t hash = 0;
        uint64_t answered_ns = 0;
        uint64_t before = 0;  // number of the one before with the same hash; 0: there is none
    };

    [[nodiscard]] uint32_t place_of(uint64_t number) const {
        return static_cast<uint32_t>(number % lookups_.size());
    }
    [[nodiscard]] const Lookup& at(uint64_t number) const { return lookups_[place_of(number)]; }
    [[nodiscard]] uint32_t newest(uint64_t hash) const;
    void remember(uint64_t hash, uint64_t now_ns);
    uint64_t take(uint64_t hash);
    void forget_oldest();

    uint64_t seed_;
    std::vector<Lookup> lookups_;
    uint64_t first_ = 1, next_ = 1;  // numbers of the oldest one that is kept, and of the one to come
    KeyIndex index_;                 // hash -> place of the newest lookup that nobody has taken
};

}  // namespace dnsexp
