// The names of one list, as hashes.
//
// A slot has 60 bits of a name's seeded 64-bit hash and four bits that say what is listed. A name that is not
// listed is taken for one that is with a probability of n / 2^60 a look-up: with a million entries and a
// hundred thousand look-ups of new names a second, once in some four months. The seed is the exporter's own,
// so nobody can choose such a name.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "exporter/base/result.h"
#include "exporter/blocklist/list_name.h"
#include "exporter/blocklist/pages.h"
#include "exporter/blocklist/tail_hashes.h"

namespace dnsexp {

// What an entry holds; several together. An exempt name is kept from what is listed above it.
enum : uint8_t {
    LISTED_ITSELF = 1,
    LISTED_BELOW = 2,
    EXEMPT_ITSELF = 4,
    EXEMPT_BELOW = 8,
};

// Immutable, so thread-safe.
class NameTable {
  public:
    struct Sizes {
        uint64_t listed = 0;  // names with LISTED_ITSELF, LISTED_BELOW or both
        uint64_t exempt = 0;  // names that are exempt only
        size_t octets = 0;    // of the table
    };

    // Begins to load what find() will read, so that look-ups in several tables wait together.
    void prefetch(const TailHashes& hashes) const;

    // Labels of the entry that lists the name: of the longest. Nothing where none does, or an exempt one
    // comes first: a longer one, or of equal length; where exemptions win (make()), any.
    [[nodiscard]] std::optional<size_t> find(const TailHashes& hashes) const;

    [[nodiscard]] const Sizes& sizes() const { return sizes_; }

  private:
    friend class NameTableBuilder;
    using Depths = std::bitset<max_labels + 1>;

    [[nodiscard]] uint8_t flags_at(uint64_t hash) const;
    [[nodiscard]] size_t slot_of(uint64_t hash) const;  // where a look-up begins
    [[nodiscard]] uint64_t* slots() const { return static_cast<uint64_t*>(pages_.data()); }
    void put(uint64_t key);

    Pages pages_;
    size_t slot_count_ = 0;  // 0: an empty table
    bool exemptions_win_ = false;
    // Numbers of labels that entries have which are looked at for the name itself, and for names below.
    Depths itself_, below_;
    Sizes sizes_;
};

// Collects names in eight octets each, and then makes a table of twelve. Not thread-safe.
class NameTableBuilder {
  public:
    explicit NameTableBuilder(uint64_t seed) : seed_(seed) {}

    // Error: no memory.
    Status add(const ListName& name, uint8_t flags);

    // Names that were added, the same one several times included, unless one after the other.
    [[nodiscard]] size_t added() const { return count_; }

    // Ends the builder's life. `exemptions_win`: over every listed name below them, however long.
    Result<std::shared_ptr<const NameTable>> make(bool exemptions_win) &&;

  private:
    uint64_t seed_;
    Pages pages_;
    size_t count_ = 0;
    NameTable::Depths itself_, below_;
};

}  // namespace dnsexp
