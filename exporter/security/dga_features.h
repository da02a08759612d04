// What the DGA model sees of a name: small integers, worked out alike in training and at run time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dnsexp {

// Characters as the tables know them: a..z are 0..25, then the classes below.
inline constexpr uint32_t dga_digit = 26;   // which digit it is tells little, how many tells much
inline constexpr uint32_t dga_hyphen = 27;  // and the underscore
inline constexpr uint32_t dga_edge = 28;    // before the first and behind the last character
inline constexpr uint32_t dga_symbols = 29;

// Trigram tables: for each symbol and the two before it a logarithm to base 2, in sixteenths, from 0 down.
inline constexpr size_t dga_trigrams = size_t{dga_symbols} * dga_symbols * dga_symbols;
inline constexpr int dga_log_unit = 16;
enum DgaLanguage : size_t { dga_of_top_sites, dga_of_many_sites, dga_of_generators, dga_languages };

// Fragments: substrings of 4, 5 and 6 symbols that benign names share. One octet a slot: how common (0 empty,
// 1 to 3) in the low two bits, six bits of the fragment's hash above.
inline constexpr size_t dga_shortest_fragment = 4;
inline constexpr size_t dga_fragment_lengths = 3;
inline constexpr uint32_t dga_fragment_bits = 17;
inline constexpr size_t dga_fragment_slots = size_t{1} << dga_fragment_bits;

// Top-level domains by hash: log-odds of a generator's in sixteenths of a bit.
inline constexpr size_t dga_tld_slots = 1024;

// Views into the model's bytes.
struct DgaTables {
    std::array<const int8_t*, dga_languages> trigrams{};
    std::array<const uint8_t*, dga_fragment_lengths> fragments{};
    const int8_t* tlds = nullptr;
};

// Shares are of 256; usages are logarithms as in the trigram tables, sixteen-fold where they are means.
enum DgaFeature : size_t {
    dga_length,  // of the label, in characters
    dga_digits,
    dga_digit_share,
    dga_vowel_share,  // of the letters; y is one
    dga_consonant_run,
    dga_vowel_run,
    dga_digit_run,
    dga_distinct_share,
    dga_hyphens,
    dga_repetition,    // sum of c log2 c over the counts of characters, by the length: log2(length) - entropy
    dga_kind_changes,  // between letters, digits and hyphens
    dga_beyond_hex_share,
    dga_doubled,            // characters that repeat the one before
    dga_alternation_share,  // changes between vowel and consonant
    dga_rare_share,         // of the letters: j, q, v, w, x, z
    dga_most_of_one,        // occurrences of the most frequent character
    dga_distinct,
    dga_top_usage,  // mean logarithm of a character, in the language of top sites
    dga_many_usage,
    dga_generator_usage,
    dga_best_usage,   // in the benign language that expects the character more
    dga_against_top,  // sum of logarithms, of generators against top sites
    dga_against_many,
    dga_against_best,
    dga_best_sum,
    dga_worst,         // the least expected character
    dga_worst_window,  // the least expected four in a row
    dga_unusual,       // characters that no benign language expects
    dga_unusual_share,
    dga_top_against_many,
    dga_known_share,  // positions where a known fragment starts; these three for each length of fragments
    dga_level_share,  // how common they are
    dga_common,       // those of the highest level
    dga_covered_share = dga_known_share + 3 * dga_fragment_lengths,  // of the symbols, by any known fragment
    dga_covered_long_share,                                          // by the longest ones
    dga_bare,                                                        // symbols that are not covered
    dga_bare_long,
    dga_bare_run,
    dga_pieces,      // covered stretches
    dga_long_chain,  // longest stretch where one of the longest fragments starts at each symbol
    dga_tld_odds,
    dga_suffix_dots,
    dga_features
};
constexpr size_t dga_fragment_feature(DgaFeature of, size_t length_index) {
    return of + 3 * length_index;
}
using DgaFeatures = std::array<int16_t, dga_features>;

// A tree that asks the same question all over a level: the answers are the leaf's index, the first one the
// lowest bit.
inline constexpr size_t dga_tree_depth = 6;
inline constexpr size_t dga_tree_leaves = size_t{1} << dga_tree_depth;
struct DgaTree {
    std::array<uint8_t, dga_tree_depth> feature{};
    std::array<int16_t, dga_tree_depth> cut{};        // the answer is yes above it
    std::array<int16_t, dga_tree_leaves> log_odds{};  // natural, in units of 1/dga_odds_unit
};
inline constexpr int dga_odds_unit = 1024;

// The part of a registrable domain that its owner chose, and the public suffix behind it.
struct DgaName {
    std::string_view label;
    std::string_view suffix;
};

// Whether there is anything to judge: host-name characters, one label before a suffix, no IDN or other label
// with two hyphens, and no name below a host (of a CDN or cloud) that draws its names by chance.
bool dga_name_of(std::string_view registrable_domain, DgaName& name);

// Numbers of the symbols of a label with an edge on both sides.
inline constexpr size_t dga_max_symbols = 63 + 2;
struct DgaSymbols {
    std::array<uint8_t, dga_max_symbols> at{};
    size_t count = 0;
};
DgaSymbols dga_symbols_of(std::string_view label);

// Where a fragment (5 bits a symbol) stands in the table of its length, and the mark that its slot bears.
struct DgaFragmentSlot {
    uint32_t slot = 0;
    uint8_t mark = 0;
};
DgaFragmentSlot dga_fragment_slot(uint64_t fragment);
uint32_t dga_tld_slot(std::string_view suffix);

void dga_features_of(const DgaName& name, const DgaTables& tables, DgaFeatures& features);

}  // namespace dnsexp
