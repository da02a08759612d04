#include "exporter/blocklist/tail_hashes.h"

#include <bit>
#include <cstring>

#include "exporter/fold/hash.h"

namespace dnsexp {
namespace {

// hash_bytes() would do, label by label; but this is on the way of each query, and eight octets at a time
// with loads of fixed size take a third of its time.

using Word = uint64_t;
static_assert(std::endian::native == std::endian::little, "the first octets of a word are its lowest bits");

constexpr Word kEach = 0x0101010101010101;
constexpr Word kGoldenRatio = 0x9e3779b97f4a7c15;  // 2^64 / phi
constexpr Word kRootOfTwo = 0x6a09e667f3bcc909;    // the fraction of sqrt(2), as in SHA-512

// Lower case of eight octets (RFC 4343, 3). Adding carries into an octet's highest bit from `A` on, and from
// behind `Z` on; octets that had it are none of ASCII.
constexpr Word lower_word(Word word) {
    const Word seven = word & 0x7f * kEach;
    const Word from_a = seven + (0x80 - 'A') * kEach;
    const Word behind_z = seven + (0x80 - 'Z' - 1) * kEach;
    const Word letters = from_a & ~behind_z & ~word & 0x80 * kEach;
    return word | letters >> 2;  // 0x80 becomes 0x20, which tells the cases apart
}

// Eight octets from `at` on, which is within the wire; behind its end there are zeros.
Word load_word(std::span<const uint8_t> wire, size_t at) {
    Word word = 0;
    if (at + sizeof word <= wire.size()) {
        std::memcpy(&word, wire.data() + at, sizeof word);
    } else if (wire.size() >= sizeof word) {
        std::memcpy(&word, wire.data() + wire.size() - sizeof word, sizeof word);
        word >>= 8 * (at + sizeof word - wire.size());
    } else {
        for (size_t i = wire.size(); i-- > at;) word = word << 8 | wire[i];
    }
    return word;
}

// A label with its length octet, which keeps `a.b` from being `ab`, and is no letter.
Word hash_label(std::span<const uint8_t> wire, size_t at, Word state) {
    size_t left = size_t{1} + wire[at];
    for (; left > sizeof(Word); left -= sizeof(Word), at += sizeof(Word))
        state = hash_mix(state ^ lower_word(load_word(wire, at)), kGoldenRatio);
    const Word mask = ~Word{0} >> 8 * (sizeof(Word) - left);
    return hash_mix(state ^ (lower_word(load_word(wire, at)) & mask), kGoldenRatio);
}

}  // namespace

void hash_tails(const WireLabels& name, uint64_t seed, TailHashes& hashes) {
    hashes.count = name.count;
    Word state = seed;
    for (size_t depth = 1; depth <= name.count; ++depth) {
        state = hash_label(name.wire, name.start[name.count - depth], state);
        hashes.of[depth] = hash_mix(state ^ seed, kRootOfTwo);
    }
}

}  // namespace dnsexp
