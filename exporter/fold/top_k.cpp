#include "exporter/fold/top_k.h"

#include <algorithm>
#include <utility>

#include "exporter/fold/hash.h"
#include "exporter/fold/names.h"

namespace dnsexp {
namespace {

// Of the shown keys, how many may be closing at a time: 1 in 32 bounds the series that churn an exposition.
constexpr uint32_t shown_per_closing = 32;

}  // namespace

TopK::TopK(uint32_t shown_max)
    : shown_max_(shown_max),
      candidates_max_(shown_max * candidates_per_shown),
      seed_(random_seed()),
      entries_(size_t{shown_max_} + candidates_max_),
      index_(entries_.size()) {
    heap_.reserve(candidates_max_);
    free_.reserve(entries_.size());
    for (size_t slot = entries_.size(); slot > 0; --slot) free_.push_back(static_cast<uint32_t>(slot - 1));
}

void TopK::set_shown_max(uint32_t shown_max) {
    shown_max_ = shown_max;
    candidates_max_ = shown_max * candidates_per_shown;
    while (heap_.size() > candidates_max_) {
        const uint32_t weakest = heap_.front();
        heap_remove(0);
        forget(weakest);
    }
    const size_t before = entries_.size(), wanted = size_t{shown_max_} + candidates_max_;
    if (wanted <= before) return;
    entries_.resize(wanted);
    index_ = KeyIndex(wanted);
    for (uint32_t slot = 0; slot < before; ++slot)
        if (entries_[slot].state != State::unused) index_.insert(entries_[slot].hash, slot);
    for (size_t slot = wanted; slot > before; --slot) free_.push_back(static_cast<uint32_t>(slot - 1));
}

void TopK::add(std::string_view key, size_t outcome_class, uint64_t events) {
    if (shown_max_ == 0 || key.empty() || key == other_label) {
        other_[outcome_class] += events;
        return;
    }
    const uint64_t hash = hash_bytes(key, seed_);
    const uint32_t known = find(key, hash);
    Entry& entry = entries_[known != KeyIndex::none ? known : admit(key, hash)];
    entry.estimate += events;
    entry.events[outcome_class] += events;
    if (entry.state == State::candidate) heap_down(entry.heap_at);
    (entry.state == State::live ? entry.counts : other_)[outcome_class] += events;
}

bool TopK::is_born(std::string_view key) const {
    const uint32_t known = find(key, hash_bytes(key, seed_));
    return known != KeyIndex::none && entries_[known].state == State::born;
}

uint32_t TopK::find(std::string_view key, uint64_t hash) const {
    return index_.find(hash, [&](uint32_t slot) { return entries_[slot].key == key; });
}

// A place for a key that has none. Its estimate does not hold the event yet.
uint32_t TopK::admit(std::string_view key, uint64_t hash) {
    if (shown_ < shown_max_ && !resting_) {
        const uint32_t slot = place(key, hash);
        become_shown(slot);
        return slot;
    }
    if (heap_.size() >= candidates_max_) return take_over_weakest(key, hash);
    const uint32_t slot = place(key, hash);
    become_candidate(slot);
    return slot;
}

uint32_t TopK::place(std::string_view key, uint64_t hash) {
    const uint32_t slot = free_.back();
    free_.pop_back();
    Entry& entry = entries_[slot];
    entry.key.assign(key);
    entry.hash = hash;
    entry.estimate = entry.error = 0;
    entry.events = {};
    index_.insert(hash, slot);
    return slot;
}

// Space-Saving's step: the newcomer inherits the lowest estimate, and owns up to it as its error.
uint32_t TopK::take_over_weakest(std::string_view key, uint64_t hash) {
    const uint32_t slot = heap_.front();
    Entry& entry = entries_[slot];
    index_.erase(entry.hash, slot);
    entry.key.assign(key);
    entry.hash = hash;
    entry.error = entry.estimate;
    entry.events = {};
    index_.insert(hash, slot);
    return slot;
}

void TopK::forget(uint32_t slot) {
    Entry& entry = entries_[slot];
    index_.erase(entry.hash, slot);
    entry = {};
    free_.push_back(slot);
}

void TopK::become_candidate(uint32_t slot) {
    entries_[slot].state = State::candidate;
    heap_.push_back(slot);
    heap_set(heap_.size() - 1, slot);
    heap_up(heap_.size() - 1);
}

void TopK::become_shown(uint32_t slot) {
    Entry& entry = entries_[slot];
    entry.state = collected_ ? State::born : State::live;
    entry.exposed = false;
    entry.counts = {};
    ++shown_;
}

void TopK::age() {
    for (Entry& entry : entries_) {  // halving keeps the heap's order
        entry.estimate /= 2;
        entry.error /= 2;
    }
}

std::vector<TopK::Heavy> TopK::heaviest(size_t count) const {
    std::vector<const Entry*> used;
    used.reserve(tracked());
    for (const Entry& entry : entries_)
        if (entry.state != State::unused) used.push_back(&entry);
    count = std::min(count, used.size());
    const auto middle = used.begin() + static_cast<std::ptrdiff_t>(count);
    std::partial_sort(used.begin(), middle, used.end(), [](const Entry* a, const Entry* b) {
        return a->strength() != b->strength() ? a->strength() > b->strength() : a->key < b->key;
    });
    std::vector<Heavy> heavy;
    heavy.reserve(count);
    for (size_t i = 0; i < count; ++i) heavy.push_back({used[i]->key, used[i]->events});
    return heavy;
}

std::vector<TopK::Shown> TopK::expose() {
    exposed_ = true;
    std::vector<Shown> rows;
    rows.reserve(shown_);
    for (Entry& entry : entries_) {
        if (entry.state == State::unused || entry.state == State::candidate) continue;
        entry.exposed = true;
        rows.push_back({entry.key, entry.counts});
    }
    return rows;
}

void TopK::exported() {
    if (std::exchange(exposed_, false)) resting_ = false;
    const std::vector<uint32_t> gone = take_steps();
    if (!resting_) fill_room();
    // Only now: a key that has just gone must be missing from one exposition before it can come back at 0.
    if (!gone.empty()) resting_ = true;
    for (const uint32_t slot : gone) heap_.size() < candidates_max_ ? become_candidate(slot) : forget(slot);
    choose_closing();
}

// Born keys that were shown at 0 begin to count, closing ones that were shown for the last time are retired.
std::vector<uint32_t> TopK::take_steps() {
    std::vector<uint32_t> gone;
    for (uint32_t slot = 0; slot < entries_.size(); ++slot) {
        Entry& entry = entries_[slot];
        if (!std::exchange(entry.exposed, false)) continue;
        if (entry.state == State::born) {
            entry.state = State::live;
        } else if (entry.state == State::closing) {
            for (size_t i = 0; i < classes; ++i) retired_[i] += entry.counts[i];
            --shown_;
            gone.push_back(slot);
        }
    }
    return gone;
}

void TopK::fill_room() {
    if (shown_ >= shown_max_) return;
    for (const uint32_t slot : strongest_candidates(shown_max_ - shown_)) {
        heap_remove(entries_[slot].heap_at);
        become_shown(slot);
    }
}

void TopK::choose_closing() {
    std::vector<uint32_t> live;
    uint32_t closing = 0;
    for (uint32_t slot = 0; slot < entries_.size(); ++slot) {
        if (entries_[slot].state == State::live) live.push_back(slot);
        if (entries_[slot].state == State::closing) ++closing;
    }
    std::sort(live.begin(), live.end(),
              [&](uint32_t a, uint32_t b) { return entries_[a].strength() < entries_[b].strength(); });
    // Those that are too many go first, and nobody takes their places.
    const uint32_t staying = shown_ - closing;
    const size_t excess = staying > shown_max_ ? std::min<size_t>(staying - shown_max_, live.size()) : 0;
    for (size_t i = 0; i < excess; ++i) entries_[live[i]].state = State::closing;
    if (shown_ > shown_max_) return;
    const uint32_t closing_max = shown_max_ / shown_per_closing + 1;
    const std::vector<uint32_t> candidates = strongest_candidates(closing_max);
    // The strongest candidates already have the places of the keys that are closing now.
    for (size_t i = 0; closing < candidates.size() && i < live.size(); ++i, ++closing) {
        Entry& weakest = entries_[live[i]];
        if (entries_[candidates[closing]].strength() <= 2 * weakest.strength() + replace_margin) break;
        weakest.state = State::closing;
    }
}

std::vector<uint32_t> TopK::strongest_candidates(size_t count) const {
    std::vector<uint32_t> slots = heap_;
    count = std::min(count, slots.size());
    const auto middle = slots.begin() + static_cast<std::ptrdiff_t>(count);
    std::partial_sort(slots.begin(), middle, slots.end(), [&](uint32_t a, uint32_t b) {
        return entries_[a].strength() > entries_[b].strength();
    });
    slots.resize(count);
    return slots;
}

void TopK::heap_set(size_t at, uint32_t slot) {
    heap_[at] = slot;
    entries_[slot].heap_at = static_cast<uint32_t>(at);
}

void TopK::heap_up(size_t at) {
    const uint32_t slot = heap_[at];
    while (at > 0) {
        const size_t parent = (at - 1) / 2;
        if (entries_[heap_[parent]].estimate <= entries_[slot].estimate) break;
        heap_set(at, heap_[parent]);
        at = parent;
    }
    heap_set(at, slot);
}

void TopK::heap_down(size_t at) {
    const uint32_t slot = heap_[at];
    for (size_t child = 2 * at + 1; child < heap_.size(); child = 2 * at + 1) {
        if (child + 1 < heap_.size() && entries_[heap_[child + 1]].estimate < entries_[heap_[child]].estimate)
            ++child;
        if (entries_[slot].estimate <= entries_[heap_[child]].estimate) break;
        heap_set(at, heap_[child]);
        at = child;
    }
    heap_set(at, slot);
}

void TopK::heap_remove(size_t at) {
    const uint32_t moved = heap_.back();
    heap_.pop_back();
    if (at == heap_.size()) return;
    heap_set(at, moved);
    heap_up(at);
    heap_down(entries_[moved].heap_at);
}

}  // namespace dnsexp
