#include "exporter/blocklist/name_table.h"

#include <utility>

namespace dnsexp {
namespace {

constexpr uint64_t kFlags = 0xf;
constexpr uint8_t kItself = LISTED_ITSELF | EXEMPT_ITSELF;
constexpr uint8_t kBelow = LISTED_BELOW | EXEMPT_BELOW;
// Three slots for two entries: a look-up of a name that is not there then reads five slots in the mean
// (Knuth, The Art of Computer Programming 3, 6.4), which is one cache line or two.
constexpr size_t kSlotsFor = 3, kEntries = 2;
constexpr size_t kFirstCapacity = 8'192;       // 64 KiB
constexpr size_t kHugePage = size_t{2} << 20;  // of x86-64, and of arm64 with pages of 4 KiB

}  // namespace

size_t NameTable::slot_of(uint64_t hash) const {
    return static_cast<size_t>((static_cast<unsigned __int128>(hash & ~kFlags) * slot_count_) >> 64);
}

void NameTable::prefetch(const TailHashes& hashes) const {
    if (slot_count_ == 0) return;
    for (size_t depth = hashes.count; depth > 0; --depth)
        if (depth == hashes.count ? itself_[depth] : below_[depth])
            __builtin_prefetch(slots() + slot_of(hashes.of[depth]));
}

uint8_t NameTable::flags_at(uint64_t hash) const {
    for (size_t slot = slot_of(hash); slots()[slot] != 0; slot = slot + 1 == slot_count_ ? 0 : slot + 1)
        if (((slots()[slot] ^ hash) & ~kFlags) == 0) return static_cast<uint8_t>(slots()[slot] & kFlags);
    return 0;
}

std::optional<size_t> NameTable::find(const TailHashes& hashes) const {
    std::optional<size_t> found;
    if (slot_count_ == 0) return found;
    for (size_t depth = hashes.count; depth > 0; --depth) {
        const bool itself = depth == hashes.count;
        if (!(itself ? itself_[depth] : below_[depth])) continue;
        const uint8_t flags = flags_at(hashes.of[depth]) & (itself ? kItself : kBelow);
        if ((flags & (EXEMPT_ITSELF | EXEMPT_BELOW)) != 0) return std::nullopt;
        if (flags == 0 || found) continue;
        found = depth;
        if (!exemptions_win_) break;
    }
    return found;
}

void NameTable::put(uint64_t key) {
    size_t slot = slot_of(key);
    for (; slots()[slot] != 0; slot = slot + 1 == slot_count_ ? 0 : slot + 1)
        if (((slots()[slot] ^ key) & ~kFlags) == 0) break;
    slots()[slot] |= key;
}

// ---- its builder ----

Status NameTableBuilder::add(const ListName& name, uint8_t flags) {
    const auto labels = split_labels(name.octets());
    if (!labels || labels->count == 0 || flags == 0) return ok();
    TailHashes hashes;
    hash_tails(*labels, seed_, hashes);
    const uint64_t key = (hashes.of[labels->count] & ~kFlags) | flags;
    if ((flags & kItself) != 0) itself_.set(labels->count);
    if ((flags & kBelow) != 0) below_.set(labels->count);

    auto* keys = static_cast<uint64_t*>(pages_.data());
    if (count_ > 0 && ((keys[count_ - 1] ^ key) & ~kFlags) == 0) {  // as `name` and `*.name` of a zone
        keys[count_ - 1] |= key;
        return ok();
    }
    if ((count_ + 1) * sizeof key > pages_.octets()) {
        if (pages_.octets() == 0) {
            auto made = Pages::make(kFirstCapacity * sizeof key);
            if (!made) return std::move(made).error();
            pages_ = std::move(made).value();
        } else if (auto grown = pages_.grow(pages_.octets() * 2); !grown) {
            return grown;
        }
        keys = static_cast<uint64_t*>(pages_.data());
    }
    keys[count_++] = key;
    return ok();
}

Result<std::shared_ptr<const NameTable>> NameTableBuilder::make(bool exemptions_win) && {
    const auto table = std::make_shared<NameTable>();
    table->exemptions_win_ = exemptions_win;
    table->itself_ = itself_;
    table->below_ = below_;
    if (count_ == 0) return std::shared_ptr<const NameTable>(table);
    const size_t slot_count = count_ * kSlotsFor / kEntries + 1;  // one is always empty: look-ups end there
    auto slots = Pages::make(slot_count * sizeof(uint64_t));
    if (!slots) return std::move(slots).error();
    table->pages_ = std::move(slots).value();
    if (table->pages_.octets() >= kHugePage) table->pages_.prefer_huge();
    table->slot_count_ = slot_count;
    for (size_t i = 0; i < count_; ++i) table->put(static_cast<uint64_t*>(pages_.data())[i]);
    pages_ = Pages();
    for (size_t slot = 0; slot < slot_count; ++slot) {
        const uint64_t key = table->slots()[slot];
        if ((key & (LISTED_ITSELF | LISTED_BELOW)) != 0)
            ++table->sizes_.listed;
        else if (key != 0)
            ++table->sizes_.exempt;
    }
    table->sizes_.octets = table->pages_.octets();
    return std::shared_ptr<const NameTable>(table);
}

}  // namespace dnsexp
