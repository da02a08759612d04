#include "exporter/security/client_domains.h"

#include <algorithm>

namespace dnsexp {
namespace {

constexpr uint8_t windows = 127;  // that seven bits tell apart beside 0
constexpr float weight_unit = 16;
constexpr float heaviest = 255;

uint8_t window_of(uint64_t time_ns) {
    return static_cast<uint8_t>(1 + time_ns / ClientDomains::window_ns % windows);
}

uint16_t tag_of(uint64_t hash) {
    return static_cast<uint16_t>(hash >> 48);
}

}  // namespace

bool ClientDomains::is_past(const Entry& entry, uint8_t window) {
    const auto then = static_cast<uint8_t>(entry.state & ~missing_bit);
    return then == 0 || (window + windows - then) % windows > 1;
}

size_t ClientDomains::way_of(uint64_t hash, uint8_t window) const {
    const Set& set = sets_[hash % sets];
    size_t way = 0;
    while (way < ways && (set[way].tag != tag_of(hash) || is_past(set[way], window))) ++way;
    return way;
}

bool ClientDomains::knows(uint64_t hash, bool exists, uint64_t time_ns) const {
    const size_t way = way_of(hash, window_of(time_ns));
    return way < ways && is_again(sets_[hash % sets][way], exists);
}

ClientDomains::Look ClientDomains::look(uint64_t hash, bool exists, uint64_t time_ns) {
    const uint8_t window = window_of(time_ns);
    Set& set = sets_[hash % sets];
    const size_t known = way_of(hash, window);
    if (known < ways) {
        Entry& entry = set[known];
        if (is_again(entry, exists)) return {Seen::again};
        entry.state = window;
        return {Seen::recovered, static_cast<float>(entry.weight) / weight_unit};
    }
    const size_t way = way_to_give(set, window, exists);
    if (way == ways) return {};
    std::shift_right(set.begin(), set.begin() + static_cast<ptrdiff_t>(way) + 1, 1);
    set[0] = {tag_of(hash), 0, static_cast<uint8_t>(exists ? window : window | missing_bit)};
    return {};
}

// What is past goes first, then the oldest that exists. Names that don't exist are asked again and again for
// as long as something is broken, so only a newer one takes the place of one: `ways` is no place.
size_t ClientDomains::way_to_give(const Set& set, uint8_t window, bool exists) {
    for (size_t way = ways; way-- > 0;)
        if (is_past(set[way], window)) return way;
    for (size_t way = ways; way-- > 0;)
        if ((set[way].state & missing_bit) == 0) return way;
    return exists ? ways : ways - 1;
}

void ClientDomains::weigh(uint64_t hash, float weight) {
    for (Entry& entry : sets_[hash % sets])
        if (entry.tag == tag_of(hash))
            entry.weight = static_cast<uint8_t>(std::clamp(weight * weight_unit, 0.0F, heaviest));
}

}  // namespace dnsexp
