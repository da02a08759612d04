// Tells each thing once in a window, with a count of what was folded into it.
//
// A key is a type, a client and a domain. Its first finding is told at once and begins a window; further ones
// of the same or a lower severity are folded. When the window is over and something was folded, one more
// finding is told, which stands for them and begins the next window; else the key is forgotten. A finding
// more severe than what was told for its key is told at once.
//
// Floods: one type and severity has places for `keys_of_client` keys of one client and `keys_of_share` in
// all, of its own, so that a flood of weak findings takes none from severe ones. What finds no place is
// folded into a group, the client's or else that of the type and severity, and told once at the end of the
// group's window. While a group is that busy, its new keys go into it too: a flood that lasts is one finding
// a window.
//
// Every finding is told or counted in the `folded` of one that is told later.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "exporter/fold/hash.h"
#include "exporter/fold/key_index.h"
#include "exporter/security/finding.h"

namespace dnsexp {

// By type and severity - 1; they only grow.
struct FindingCounts {
    using Table = std::array<std::array<uint64_t, severities>, event_types>;
    Table raised{};  // told
    Table folded{};
};

// Not thread-safe. Keys are told apart by seeded 64-bit hashes: with all places taken, two are taken for one
// with a chance below 1 in 10^12. Takes 256 KiB, and about 600 octets for a key with its client's record and
// its texts, of which there are at most event_types * severities * keys_of_share (1.3 MB in all).
class FindingFolder : public FindingSink {
  public:
    static constexpr uint32_t keys_of_client = 8;
    static constexpr uint32_t keys_of_share = 64;

    // `out` is called from raise() and tick(), and may not call back.
    FindingFolder(uint32_t window_seconds, std::function<void(Finding)> out);

    // Of windows that begin from now on; those that have begun end when they would have.
    void set_window(uint32_t window_seconds);

    // Allocates nothing where it folds. True may also mean that the finding's text is needed for one that is
    // told later; raise() knows.
    bool admit(EventType type, Severity severity, const ClientId& client, std::string_view domain,
               uint64_t time_ns) override;
    // Folds what admit() would have folded.
    void raise(Finding finding) override;

    // Ends the windows that are over. `now_ns`: CLOCK_MONOTONIC. Call it about once a second.
    void tick(uint64_t now_ns);

    [[nodiscard]] const FindingCounts& counts() const { return counts_; }

  private:
    // What gathers until a window's end.
    struct Folding {
        Finding text;  // what is told then, but for count and time
        uint64_t ends_ns = 0;
        uint64_t folded = 0;
        uint64_t last_ns = 0;
        Severity most{};  // of what was folded; 0: nothing was
    };
    struct Key {
        Severity told{};  // 0: unused
        uint64_t hash = 0;
        uint32_t client = 0;
        Folding folding;
    };
    struct Group {
        bool open = false;  // takes new keys too
        bool one_client = true, one_domain = true;
        Folding folding;
    };
    struct Client {  // one for each client, type and severity; unused without keys and an open group
        uint64_t hash = 0;
        uint32_t keys = 0;
        Group group;
    };
    struct Share {            // of a type and severity
        uint32_t places = 0;  // keys, and open groups of clients
        Group group;
    };
    // Where a finding belongs: into a group's folding, else a key's, or it is told now.
    struct Place {
        uint64_t key_hash = 0, client_hash = 0;
        uint32_t key = KeyIndex::none, client = KeyIndex::none;
        Group* group = nullptr;
        bool is_told = false;
    };

    [[nodiscard]] Place find(EventType type, Severity severity, const ClientId& client,
                             std::string_view domain);
    [[nodiscard]] Group* busy_group(EventType type, Severity severity, uint32_t client);
    [[nodiscard]] bool needs_text(const Place& place, Severity severity) const;
    void fold(const Place& place, EventType type, Severity severity, const ClientId& client,
              std::string_view domain, uint64_t time_ns);
    void keep_text(const Place& place, const Finding& finding);
    void tell_now(Place place, Finding finding);
    void tell(Finding finding);
    void place_key(uint32_t key, uint64_t client_hash, uint32_t client, Severity severity);
    void unplace_key(const Key& key);
    void forget_key(uint32_t key);
    void release_client(uint32_t client);
    void end_key(uint32_t key, uint64_t now_ns);
    bool end_group(Group& group, uint32_t limit, uint64_t now_ns);
    [[nodiscard]] uint64_t hash_of(EventType type, Severity severity, const ClientId& client) const;
    Share& share(EventType type, Severity severity);

    uint64_t window_ns_ = 0;
    const std::function<void(Finding)> out_;
    const uint64_t seed_ = random_seed();
    std::vector<Key> keys_;
    std::vector<uint32_t> free_keys_;
    KeyIndex key_index_;
    std::vector<Client> clients_;
    std::vector<uint32_t> free_clients_;
    KeyIndex client_index_;
    std::array<Share, event_types * severities> shares_{};
    FindingCounts counts_;
};

}  // namespace dnsexp
