#include "exporter/security/name_shape.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace dnsexp {
namespace {

constexpr double word_share = 0.25;    // what a word carries of what its letters could
constexpr size_t long_piece = 16;      // octets; the random parts of CDNs' host names have 8 to 12
constexpr size_t short_piece = 5;      // octets; too few to tell a word from an abbreviation
constexpr size_t longest_cluster = 4;  // consonants in a row in words, as in `transcript`; `y` is a vowel
constexpr size_t longest_vowels = 3;
constexpr double full_entropy = 4.2;  // bits an octet: what 20 random octets of base32 show on average
constexpr double full_length = 20;    // octets

enum class Kind : uint8_t { odd, separator, digit, vowel, consonant };

constexpr std::array<Kind, 256> kinds = [] {
    std::array<Kind, 256> table{};
    for (uint8_t c = '0'; c <= '9'; ++c) table[c] = Kind::digit;
    for (uint8_t c = 'a'; c <= 'z'; ++c) table[c] = table[c - 'a' + 'A'] = Kind::consonant;
    for (const char c : std::string_view("aeiouyAEIOUY")) table[static_cast<uint8_t>(c)] = Kind::vowel;
    table['-'] = table['_'] = Kind::separator;
    return table;
}();

// n * log2(n)
const std::array<float, max_label_octets + 1> n_log_n = [] {
    std::array<float, max_label_octets + 1> table{};
    for (size_t n = 2; n < table.size(); ++n)
        table[n] = static_cast<float>(n) * std::log2(static_cast<float>(n));
    return table;
}();

bool is_letter(Kind kind) {
    return kind == Kind::vowel || kind == Kind::consonant;
}

bool is_hex(uint8_t octet) {
    const uint8_t lower = ascii_lower(octet);
    return kinds[octet] == Kind::digit || (lower >= 'a' && lower <= 'f');
}

// Length of the UTF-8 sequence (RFC 3629, 4) at the beginning of `bytes` that isn't ASCII; 0: there is none.
size_t utf8_sequence(std::span<const uint8_t> bytes) {
    const uint8_t lead = bytes[0];
    const size_t length = lead >= 0xc2 && lead <= 0xdf   ? 2
                          : (lead & 0xf0) == 0xe0        ? 3
                          : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                         : 0;
    if (length == 0 || bytes.size() < length) return 0;
    for (size_t i = 1; i < length; ++i)
        if ((bytes[i] & 0xc0) != 0x80) return 0;
    return length;
}

// Octets of a label that neither host names nor text have.
size_t odd_octets(std::span<const uint8_t> label) {
    size_t odd = 0;
    while (!label.empty()) {
        const size_t text = kinds[label[0]] == Kind::odd ? utf8_sequence(label) : 1;
        if (text == 0) ++odd;
        label = label.subspan(std::max<size_t>(text, 1));
    }
    return odd;
}

// Reads pieces one octet at a time.
class Pieces {
  public:
    explicit Pieces(NameShape& shape) : shape_(shape) {}

    void add(uint8_t octet, Kind kind) {
        uint8_t& count = counts_[ascii_lower(octet)];
        repeats_ += n_log_n[count + size_t{1}] - n_log_n[count];
        ++count;
        octets_[length_++] = ascii_lower(octet);
        cluster_ = kind == Kind::consonant ? cluster_ + 1 : 0;
        longest_cluster_ = std::max(longest_cluster_, cluster_);
        vowels_ = kind == Kind::vowel ? vowels_ + 1 : 0;
        longest_vowels_ = std::max(longest_vowels_, vowels_);
        is_hex_ = is_hex_ && is_hex(octet);
        if (length_ > 1 && is_letter(kind) != is_letter(before_)) ++changes_;
        if (kind == Kind::odd) has_odd_ = true;
        before_ = kind;
    }

    void close() {
        if (length_ == 0) return;
        const double bits = n_log_n[length_] - repeats_;
        const double counted = is_word() ? bits * word_share : bits;
        shape_.bits += counted;
        shape_.long_bits += length_ >= long_piece && !is_identifier() ? counted : bits * word_share;
        const auto length = static_cast<double>(length_);
        const double score =
            100 * std::min(1.0, counted / length / full_entropy) * std::min(1.0, length / full_length);
        shape_.entropy_score = std::max(shape_.entropy_score, static_cast<uint32_t>(score));
        for (size_t i = 0; i < length_; ++i) counts_[octets_[i]] = 0;
        length_ = cluster_ = longest_cluster_ = vowels_ = longest_vowels_ = changes_ = 0;
        is_hex_ = true;
        repeats_ = 0;
        has_odd_ = false;
    }

  private:
    // `www`, `2026`, `statistics`, `api21`.
    [[nodiscard]] bool is_word() const {
        if (has_odd_) return false;
        return length_ <= short_piece ||
               (changes_ <= 1 && longest_cluster_ <= longest_cluster && longest_vowels_ <= longest_vowels);
    }

    // A UUID without its hyphens, or an MD5.
    [[nodiscard]] bool is_identifier() const { return is_hex_ && length_ == 32; }

    NameShape& shape_;
    std::array<uint8_t, 256> counts_{};
    std::array<uint8_t, max_label_octets> octets_{};
    size_t length_ = 0, cluster_ = 0, longest_cluster_ = 0, vowels_ = 0, longest_vowels_ = 0, changes_ = 0;
    float repeats_ = 0;  // sum of n * log2(n) over the octets' counts
    bool has_odd_ = false;
    bool is_hex_ = true;
    Kind before_ = Kind::odd;
};

}  // namespace

NameShape measure_name(const WireLabels& labels, size_t count) {
    NameShape shape;
    Pieces pieces(shape);
    for (size_t i = 0; i < std::min(count, labels.count); ++i) {
        const auto label = labels.label(i);
        bool has_odd = false;
        for (const uint8_t octet : label) {
            const Kind kind = kinds[octet];
            if (kind == Kind::separator) {
                pieces.close();
                continue;
            }
            has_odd = has_odd || kind == Kind::odd;
            pieces.add(octet, kind);
        }
        pieces.close();
        if (has_odd) shape.odd += odd_octets(label);
        shape.octets += label.size();
        shape.longest = std::max(shape.longest, label.size());
    }
    return shape;
}

}  // namespace dnsexp
