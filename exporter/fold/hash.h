// A seeded hash for tables that names from the wire reach: without the seed nobody can aim at a slot.
#pragma once

#include <sys/random.h>

#include <chrono>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace dnsexp {

// 64 random bits; where the kernel has none to give yet, the clock's nanoseconds.
inline uint64_t random_seed() {
    uint64_t seed = 0;
    if (::getentropy(&seed, sizeof seed) == 0) return seed;
    return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

// Both halves of the 128-bit product, folded: each input bit reaches each output bit.
inline uint64_t hash_mix(uint64_t a, uint64_t b) {
    const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

inline uint64_t hash_bytes(std::string_view bytes, uint64_t seed) {
    constexpr uint64_t golden_ratio = 0x9e3779b97f4a7c15;  // 2^64 / phi
    constexpr uint64_t root_of_two = 0x6a09e667f3bcc909;   // the fraction of sqrt(2), as in SHA-512
    uint64_t state = seed ^ hash_mix(bytes.size() ^ golden_ratio, root_of_two);
    while (!bytes.empty()) {
        uint64_t word = 0;
        const size_t taken = bytes.size() < sizeof word ? bytes.size() : sizeof word;
        std::memcpy(&word, bytes.data(), taken);
        state = hash_mix(state ^ word, golden_ratio);
        bytes.remove_prefix(taken);
    }
    return hash_mix(state ^ seed, root_of_two);
}

// For the standard library's tables.
struct SeededHash {
    uint64_t seed = random_seed();
    size_t operator()(std::string_view key) const { return hash_bytes(key, seed); }
};

}  // namespace dnsexp
