#include "exporter/security/name_shape.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace dnsexp {
namespace {

constexpr double word_share = 0.25;  // what a word carries of what its letters could
constexpr size_t long_piece = 16;    // octets; the random parts of CDNs' host names have 8 to 12
constexpr size_t short_piece = 5;    // octets; too few to tell a word from an abbreviation
constexpr uint32_t consonants_of_words =
    4;  // consonants in a row in words, as in `transcript`; `y` is a vowel
constexpr uint32_t vowels_of_words = 3;
constexpr double full_entropy = 4.2;  // bits an octet: what 20 random octets of base32 show on average
constexpr double full_length = 20;    // octets
// What an octet is, in bits.
enum : uint8_t { vowel = 1, consonant = 2, letter = 4, hex = 8, separator = 16, odd = 32 };

constexpr std::array<uint8_t, 256> kinds = [] {
    std::array<uint8_t, 256> table{};
    table.fill(odd);
    for (uint8_t c = 0x20; c < 0x7f; ++c) table[c] = separator | odd;  // punctuation: no word goes on over it
    for (uint8_t c = '0'; c <= '9'; ++c) table[c] = hex;
    for (uint8_t c = 'a'; c <= 'z'; ++c) table[c] = letter | consonant;
    for (const char c : std::string_view("aeiouy")) table[static_cast<uint8_t>(c)] = letter | vowel;
    for (uint8_t c = 'a'; c <= 'f'; ++c) table[c] |= hex;
    for (uint8_t c = 'a'; c <= 'z'; ++c) table[c - 'a' + 'A'] = table[c];
    table['-'] = table['_'] = separator;
    return table;
}();

constexpr std::array<uint8_t, 256> lower_case = [] {
    std::array<uint8_t, 256> table{};
    for (size_t octet = 0; octet < table.size(); ++octet)
        table[octet] = ascii_lower(static_cast<uint8_t>(octet));
    return table;
}();

double n_log_n(size_t n) {
    return n < 2 ? 0 : static_cast<double>(n) * std::log2(static_cast<double>(n));
}

// n * log2(n), and how much more it is for n + 1, as fixed-point numbers: whole numbers add up faster.
constexpr double fixed_point = 1 << 20;
struct LogTable {
    std::array<uint32_t, max_label_octets + 1> value{}, step{};
};
const LogTable logs = [] {
    LogTable table;
    for (size_t n = 0; n < table.value.size(); ++n) {
        table.value[n] = static_cast<uint32_t>(n_log_n(n) * fixed_point);
        table.step[n] = static_cast<uint32_t>((n_log_n(n + 1) - n_log_n(n)) * fixed_point);
    }
    return table;
}();

// Length of the UTF-8 sequence (RFC 3629, 4) at the beginning of `bytes` that isn't ASCII; 0: there is none.
size_t utf8_sequence(std::span<const uint8_t> bytes) {
    const uint8_t lead = bytes[0];
    size_t length = 0;
    if (lead >= 0xc2 && lead <= 0xdf) length = 2;
    if (lead >= 0xe0 && lead <= 0xef) length = 3;
    if (lead >= 0xf0 && lead <= 0xf4) length = 4;
    if (bytes.size() < length) return 0;
    for (size_t i = 1; i < length; ++i)
        if ((bytes[i] & 0xc0) != 0x80) return 0;
    return length;
}

// Octets of a label that neither host names nor text have.
size_t odd_octets(std::span<const uint8_t> label) {
    size_t count = 0;
    while (!label.empty()) {
        const size_t text = (kinds[label[0]] & odd) != 0 ? utf8_sequence(label) : 1;
        if (text == 0) ++count;
        label = label.subspan(std::max<size_t>(text, 1));
    }
    return count;
}

// Adds pieces up. Every octet of every query's name goes through read(): it has no branches, and tables
// instead.
class Pieces {
  public:
    explicit Pieces(NameShape& shape) : shape_(shape) {}

    void read(std::span<const uint8_t> piece) {
        if (piece.empty()) return;
        Facts facts;
        uint32_t repeats = 0;  // sum of n * log2(n) over the octets' counts
        uint32_t consonants = 0, vowels = 0;
        uint8_t before = kinds[piece[0]];
        for (const uint8_t octet : piece) {
            repeats += logs.step[counts_[lower_case[octet]]++];
            const uint8_t kind = kinds[octet];
            const uint32_t is_vowel = kind & vowel, is_consonant = kind / consonant & 1;
            vowels = (vowels + 1) * is_vowel;
            consonants = (consonants + 1) * is_consonant;
            facts.vowels = std::max(facts.vowels, vowels);
            facts.consonants = std::max(facts.consonants, consonants);
            facts.changes += (kind ^ before) / letter & 1;
            facts.any |= kind;
            facts.all &= kind;
            before = kind;
        }
        for (const uint8_t octet : piece) counts_[lower_case[octet]] = 0;
        add(piece.size(),
            (logs.value[piece.size()] - std::min(repeats, logs.value[piece.size()])) / fixed_point, facts);
    }

  private:
    struct Facts {
        uint32_t vowels = 0, consonants = 0;  // most in a row
        uint32_t changes = 0;                 // between letters and others
        uint8_t any = 0, all = 0xff;          // of the octets' kinds
    };

    // `www`, `2026`, `statistics`, `api21`.
    static bool is_word(size_t length, const Facts& facts) {
        if ((facts.any & odd) != 0) return false;
        return length <= short_piece || (facts.changes <= 1 && facts.consonants <= consonants_of_words &&
                                         facts.vowels <= vowels_of_words);
    }

    void add(size_t octets, double bits, const Facts& facts) {
        const double counted = is_word(octets, facts) ? bits * word_share : bits;
        // A UUID without its hyphens, or an MD5.
        const bool is_identifier = octets == 32 && (facts.all & hex) != 0;
        shape_.bits += counted;
        shape_.long_bits += octets >= long_piece && !is_identifier ? counted : bits * word_share;
        if (octets <= short_piece) return;
        const auto length = static_cast<double>(octets);
        const double score =
            100 * std::min(1.0, counted / length / full_entropy) * std::min(1.0, length / full_length);
        shape_.entropy_score = std::max(shape_.entropy_score, static_cast<uint32_t>(score));
    }

    NameShape& shape_;
    std::array<uint16_t, 256> counts_{};  // of octets in the piece; all 0 between pieces
};

}  // namespace

NameShape measure_name(const WireLabels& labels, size_t count) {
    NameShape shape;
    Pieces pieces(shape);
    for (size_t i = 0; i < std::min(count, labels.count); ++i) {
        const auto label = labels.label(i);
        uint8_t any = 0;
        size_t begin = 0;
        for (size_t at = 0; at < label.size(); ++at) {
            const uint8_t kind = kinds[label[at]];
            any |= kind;
            if ((kind & separator) == 0) continue;
            pieces.read(label.subspan(begin, at - begin));
            begin = at + 1;
        }
        pieces.read(label.subspan(begin));
        if ((any & odd) != 0) shape.odd += odd_octets(label);
        shape.longest = std::max(shape.longest, label.size());
    }
    return shape;
}

}  // namespace dnsexp
