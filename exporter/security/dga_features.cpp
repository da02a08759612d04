#include "exporter/security/dga_features.h"

#include <algorithm>
#include <bit>

namespace dnsexp {
namespace {

constexpr uint8_t no_symbol = 0xff;

constexpr std::array<uint8_t, 256> symbol_of = [] {
    std::array<uint8_t, 256> table{};
    table.fill(no_symbol);
    for (uint32_t i = 0; i < 26; ++i) table['a' + i] = static_cast<uint8_t>(i);
    for (uint32_t i = 0; i < 10; ++i) table['0' + i] = dga_digit;
    table['-'] = table['_'] = dga_hyphen;
    return table;
}();

// c * log2(c) in sixteenths, for the entropy of a label of at most 63 characters.
constexpr std::array<uint16_t, 64> count_log_count = {
    0,    0,    32,   76,   128,  186,  248,  314,  384,  456,  532,  609,  688,  770,  853,  938,
    1024, 1112, 1201, 1291, 1383, 1476, 1570, 1665, 1761, 1858, 1955, 2054, 2153, 2254, 2355, 2457,
    2560, 2664, 2768, 2873, 2978, 3084, 3191, 3299, 3407, 3515, 3624, 3734, 3844, 3955, 4066, 4177,
    4290, 4402, 4515, 4629, 4743, 4857, 4972, 5087, 5203, 5319, 5435, 5552, 5670, 5787, 5905, 6024};

constexpr uint32_t letters(std::string_view set) {
    uint32_t mask = 0;
    for (const char c : set) mask |= 1u << (c - 'a');
    return mask;
}
constexpr uint32_t vowels = letters("aeiouy");
constexpr uint32_t rare = letters("jqvwxz");
constexpr uint32_t hexadecimal = letters("abcdef");

// Runs and counts of kinds of characters.
struct Shape {
    int digits = 0, vowels = 0, consonants = 0, hyphens = 0, rare = 0, beyond_hexadecimal = 0;
    int vowel_run = 0, consonant_run = 0, digit_run = 0;
    int alternations = 0, kind_changes = 0, doubled = 0, distinct = 0, most = 0, spread = 0;
};

enum Kind { no_kind, vowel, consonant, digit, hyphen };

Kind kind_of(uint32_t symbol) {
    if (symbol == dga_digit) return digit;
    if (symbol == dga_hyphen) return hyphen;
    return (vowels >> symbol & 1) != 0 ? vowel : consonant;
}

Shape shape_of(std::string_view label, const DgaSymbols& symbols) {
    Shape shape;
    std::array<uint8_t, 256> times{};
    Kind last = no_kind;
    int run = 0;
    for (size_t i = 0; i < label.size(); ++i) {
        const uint32_t symbol = symbols.at[i + 1];
        const Kind kind = kind_of(symbol);
        uint8_t& seen = times[static_cast<uint8_t>(label[i])];
        shape.distinct += seen == 0;
        shape.spread += count_log_count[seen + 1] - count_log_count[seen];
        shape.most = std::max<int>(shape.most, ++seen);
        shape.digits += kind == digit;
        shape.vowels += kind == vowel;
        shape.consonants += kind == consonant;
        shape.hyphens += kind == hyphen;
        shape.rare += symbol < dga_digit && (rare >> symbol & 1) != 0;
        shape.beyond_hexadecimal += symbol < dga_digit ? (hexadecimal >> symbol & 1) == 0 : kind == hyphen;
        shape.doubled += i != 0 && label[i] == label[i - 1];
        if (last != no_kind && kind != last) {
            const bool both_letters = kind <= consonant && last <= consonant;
            shape.alternations += both_letters;
            shape.kind_changes += !both_letters;
        }
        run = kind == last ? run + 1 : 1;
        if (kind == vowel) shape.vowel_run = std::max(shape.vowel_run, run);
        if (kind == consonant) shape.consonant_run = std::max(shape.consonant_run, run);
        if (kind == digit) shape.digit_run = std::max(shape.digit_run, run);
        last = kind;
    }
    return shape;
}

// How usual the sequence of characters is.
struct Usage {
    std::array<int, dga_languages> sum{};
    int best_sum = 0;      // of the better of the benign languages, symbol by symbol
    int worst = 0;         // the least usual symbol
    int worst_window = 0;  // the least usual four symbols in a row
    int unusual = 0;       // symbols that neither benign language expects
    int steps = 0;
};

constexpr int unusual_below = -7 * dga_log_unit;

Usage usage_of(const DgaSymbols& symbols, const DgaTables& tables) {
    Usage usage;
    uint32_t context = dga_edge * dga_symbols + dga_edge;
    std::array<int, 4> window{};
    int window_sum = 0;
    for (size_t i = 1; i < symbols.count; ++i) {
        const uint32_t index = context * dga_symbols + symbols.at[i];
        int best = -128;
        for (size_t language = 0; language < dga_languages; ++language) {
            const int log = tables.trigrams[language][index];
            usage.sum[language] += log;
            if (language != dga_of_generators) best = std::max(best, log);
        }
        usage.best_sum += best;
        usage.worst = std::min(usage.worst, best);
        usage.unusual += best < unusual_below;
        window_sum += best - window[i % 4];
        window[i % 4] = best;
        usage.worst_window = std::min(usage.worst_window, window_sum);
        context = index % (dga_symbols * dga_symbols);
        ++usage.steps;
    }
    return usage;
}

// How far fragments of benign names cover the label.
struct Cover {
    std::array<int, dga_fragment_lengths> known{};   // positions where a fragment of that length is known
    std::array<int, dga_fragment_lengths> common{};  // where it is a common one
    std::array<int, dga_fragment_lengths> level{};
    int positions = 0;
    int covered = 0;       // symbols inside some known fragment
    int covered_long = 0;  // inside one of the longest length
    int bare_run = 0;      // longest run of symbols outside
    int pieces = 0;        // runs of covered symbols
    int long_run = 0;      // longest chain of longest fragments
};

Cover cover_of(const DgaSymbols& symbols, const DgaTables& tables) {
    Cover cover;
    size_t until = 0, long_until = 0;  // the symbols before it are covered
    int bare = 0, chain = 0;
    for (size_t i = 0; i < symbols.count; ++i) {
        uint64_t fragment = 0;
        const size_t left = symbols.count - i;
        for (size_t j = 0; j < std::min(left, dga_shortest_fragment - 1); ++j)
            fragment = fragment << 5 | symbols.at[i + j];
        bool longest = false;
        for (size_t n = 0; n < dga_fragment_lengths; ++n) {
            const size_t length = dga_shortest_fragment + n;
            if (length > left) break;
            fragment = fragment << 5 | symbols.at[i + length - 1];
            const DgaFragmentSlot slot = dga_fragment_slot(fragment);
            const uint8_t value = tables.fragments[n][slot.slot];
            const int level = (value & 0xfc) == slot.mark ? value & 3 : 0;
            if (level == 0) break;
            ++cover.known[n];
            cover.common[n] += level == 3;
            cover.level[n] += level;
            until = std::max(until, i + length);
            longest = n + 1 == dga_fragment_lengths;
            if (longest) long_until = std::max(long_until, i + length);
        }
        chain = longest ? chain + 1 : 0;
        cover.long_run = std::max(cover.long_run, chain);
        if (i < until) {
            ++cover.covered;
            cover.pieces += bare != 0 || i == 0;
            bare = 0;
        } else {
            cover.bare_run = std::max(cover.bare_run, ++bare);
        }
        cover.covered_long += i < long_until;
        ++cover.positions;
    }
    return cover;
}

// Hosts that draw the labels below them by chance, as the private section of the Public Suffix List has them:
// how such a label looks tells nothing about who uses it.
constexpr std::array<std::string_view, 14> drawing_hosts = {
    "akadns.net",    "akamaiedge.net", "akamaihd.net",          "akamaized.net",     "amazonaws.com",
    "azurefd.net",   "cloudapp.net",   "azureedge.net",         "cloudfront.net",    "edgekey.net",
    "edgesuite.net", "fastly.net",     "googleusercontent.com", "trafficmanager.net"};

bool drawn_by_host(std::string_view suffix) {
    if (suffix.find('.') == std::string_view::npos) return false;
    return std::any_of(drawing_hosts.begin(), drawing_hosts.end(), [&](std::string_view host) {
        return suffix.ends_with(host) &&
               (suffix.size() == host.size() || suffix[suffix.size() - host.size() - 1] == '.');
    });
}

int ratio(int part, int whole) {
    return whole > 0 ? part * 256 / whole : 0;
}

}  // namespace

bool dga_name_of(std::string_view registrable_domain, DgaName& name) {
    const size_t dot = registrable_domain.find('.');
    if (dot == 0 || dot == std::string_view::npos || dot > 63 || registrable_domain.size() > 253)
        return false;
    name.label = registrable_domain.substr(0, dot);
    name.suffix = registrable_domain.substr(dot + 1);
    if (name.suffix.empty() || name.suffix.back() == '.') return false;
    const auto known = [](char c) { return symbol_of[static_cast<uint8_t>(c)] != no_symbol; };
    if (!std::all_of(name.label.begin(), name.label.end(), known)) return false;
    // Two hyphens mark IDNs and what machines put together, such as video hosts; generators never do.
    return name.label.find("--") == std::string_view::npos && !drawn_by_host(name.suffix);
}

DgaSymbols dga_symbols_of(std::string_view label) {
    DgaSymbols symbols;
    symbols.at[symbols.count++] = dga_edge;
    for (const char c : label.substr(0, dga_max_symbols - 2))
        symbols.at[symbols.count++] = symbol_of[static_cast<uint8_t>(c)];
    symbols.at[symbols.count++] = dga_edge;
    return symbols;
}

DgaFragmentSlot dga_fragment_slot(uint64_t fragment) {
    const uint64_t hash = (fragment + 1) * 0x9e3779b97f4a7c15;  // 2^64 / phi
    return {static_cast<uint32_t>(hash >> (64 - dga_fragment_bits)),
            static_cast<uint8_t>(hash >> 32 << 2 & 0xfc)};
}

uint32_t dga_tld_slot(std::string_view suffix) {
    const size_t dot = suffix.rfind('.');
    const std::string_view tld = dot == std::string_view::npos ? suffix : suffix.substr(dot + 1);
    uint32_t hash = 0x811c9dc5;  // FNV-1a
    for (const char c : tld) hash = (hash ^ static_cast<uint8_t>(c)) * 0x01000193;
    return (hash ^ hash >> 16) % dga_tld_slots;
}

void dga_features_of(const DgaName& name, const DgaTables& tables, DgaFeatures& features) {
    const DgaSymbols symbols = dga_symbols_of(name.label);
    const Shape shape = shape_of(name.label, symbols);
    const Usage usage = usage_of(symbols, tables);
    const Cover cover = cover_of(symbols, tables);
    const auto length = static_cast<int>(name.label.size());
    const int letter_count = shape.vowels + shape.consonants;
    const auto set = [&](size_t feature, int value) {
        features[feature] = static_cast<int16_t>(std::clamp(value, -32768, 32767));
    };
    set(dga_length, length);
    set(dga_digits, shape.digits);
    set(dga_digit_share, ratio(shape.digits, length));
    set(dga_vowel_share, ratio(shape.vowels, letter_count));
    set(dga_consonant_run, shape.consonant_run);
    set(dga_vowel_run, shape.vowel_run);
    set(dga_digit_run, shape.digit_run);
    set(dga_distinct_share, ratio(shape.distinct, length));
    set(dga_hyphens, shape.hyphens);
    set(dga_repetition, shape.spread / length);
    set(dga_kind_changes, shape.kind_changes);
    set(dga_beyond_hex_share, ratio(shape.beyond_hexadecimal, length));
    set(dga_doubled, shape.doubled);
    set(dga_alternation_share, ratio(shape.alternations, length - 1));
    set(dga_rare_share, ratio(shape.rare, letter_count));
    set(dga_most_of_one, shape.most);
    set(dga_distinct, shape.distinct);

    set(dga_top_usage, usage.sum[dga_of_top_sites] * 16 / usage.steps);
    set(dga_many_usage, usage.sum[dga_of_many_sites] * 16 / usage.steps);
    set(dga_generator_usage, usage.sum[dga_of_generators] * 16 / usage.steps);
    set(dga_best_usage, usage.best_sum * 16 / usage.steps);
    set(dga_against_top, usage.sum[dga_of_generators] - usage.sum[dga_of_top_sites]);
    set(dga_against_many, usage.sum[dga_of_generators] - usage.sum[dga_of_many_sites]);
    set(dga_against_best, usage.sum[dga_of_generators] - usage.best_sum);
    set(dga_best_sum, usage.best_sum);
    set(dga_worst, usage.worst);
    set(dga_worst_window, usage.worst_window);
    set(dga_unusual, usage.unusual);
    set(dga_unusual_share, ratio(usage.unusual, usage.steps));
    set(dga_top_against_many, usage.sum[dga_of_many_sites] - usage.sum[dga_of_top_sites]);

    for (size_t n = 0; n < dga_fragment_lengths; ++n) {
        set(dga_fragment_feature(dga_known_share, n), ratio(cover.known[n], cover.positions));
        set(dga_fragment_feature(dga_level_share, n), ratio(cover.level[n], cover.positions));
        set(dga_fragment_feature(dga_common, n), cover.common[n]);
    }
    set(dga_covered_share, ratio(cover.covered, cover.positions));
    set(dga_covered_long_share, ratio(cover.covered_long, cover.positions));
    set(dga_bare, cover.positions - cover.covered);
    set(dga_bare_long, cover.positions - cover.covered_long);
    set(dga_bare_run, cover.bare_run);
    set(dga_pieces, cover.pieces);
    set(dga_long_chain, cover.long_run);
    set(dga_tld_odds, tables.tlds[dga_tld_slot(name.suffix)]);
    set(dga_suffix_dots, static_cast<int>(std::count(name.suffix.begin(), name.suffix.end(), '.')));
}

}  // namespace dnsexp
