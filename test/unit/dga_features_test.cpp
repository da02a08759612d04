#include "exporter/security/dga_features.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <vector>

using namespace dnsexp;

namespace {

// Tables of a world where each character is as likely as any other, but what a test sets.
struct World {
    std::array<std::vector<int8_t>, dga_languages> trigrams;
    std::array<std::vector<uint8_t>, dga_fragment_lengths> fragments;
    std::vector<int8_t> tlds = std::vector<int8_t>(dga_tld_slots);

    World() {
        for (auto& table : trigrams) table.assign(dga_trigrams, -5 * dga_log_unit);
        for (auto& table : fragments) table.assign(dga_fragment_slots, 0);
    }
    void know(const std::string& text, uint8_t level) {
        uint64_t fragment = 0;
        for (const char c : text) fragment = fragment << 5 | static_cast<uint64_t>(c - 'a');
        const DgaFragmentSlot slot = dga_fragment_slot(fragment);
        fragments[text.size() - dga_shortest_fragment][slot.slot] = static_cast<uint8_t>(slot.mark | level);
    }
    [[nodiscard]] DgaFeatures of(const std::string& domain) const {
        DgaTables view;
        for (size_t i = 0; i < dga_languages; ++i) view.trigrams[i] = trigrams[i].data();
        for (size_t i = 0; i < dga_fragment_lengths; ++i) view.fragments[i] = fragments[i].data();
        view.tlds = tlds.data();
        DgaName name;
        REQUIRE(dga_name_of(domain, name));
        DgaFeatures features{};
        dga_features_of(name, view, features);
        return features;
    }
};

std::string long_name(size_t label) {
    std::string domain(label, 'a');
    domain += ".com";
    return domain;
}

bool is_name(const std::string& domain) {
    DgaName name;
    return dga_name_of(domain, name);
}

}  // namespace

TEST_CASE("A name is the label that its owner chose and the suffix behind it") {
    DgaName name;
    REQUIRE(dga_name_of("example.co.uk", name));
    CHECK(name.label == "example");
    CHECK(name.suffix == "co.uk");
    CHECK(is_name(long_name(63)));
}

TEST_CASE("What is no host name, an IDN or a single label is no name to judge") {
    for (const std::string domain : {"", ".", "com", ".com", "a.", "a.com.", "xn--bcher-kva.de",
                                     "a\\032b.com", "a b.com", "caf\xc3\xa9.fr"})
        CHECK_FALSE(is_name(domain));
    CHECK_FALSE(is_name(std::string("a\0b.com", 7)));
    CHECK_FALSE(is_name("UPPER.com"));
    CHECK_FALSE(is_name(long_name(64)));
    CHECK_FALSE(is_name(std::string("a.").append(252, 'b')));
}

TEST_CASE("Names that a CDN or cloud draws by chance are not judged, those that its customers choose are") {
    CHECK_FALSE(is_name("d111111abcdef8.cloudfront.net"));
    CHECK_FALSE(is_name("shop-1234567890.eu-west-1.elb.amazonaws.com"));
    CHECK(is_name("notcloudfront.net"));
    CHECK(is_name("name.notcloudfront.net"));
    CHECK(is_name("cloudfront.net"));
    CHECK(is_name("name.github.io"));
}

TEST_CASE("Symbols have an edge on both sides and one class for all digits") {
    const DgaSymbols symbols = dga_symbols_of("a9-z_0");
    REQUIRE(symbols.count == 8);
    const std::vector<uint32_t> expected = {dga_edge, 0,          dga_digit, dga_hyphen,
                                            25,       dga_hyphen, dga_digit, dga_edge};
    for (size_t i = 0; i < expected.size(); ++i) CHECK(symbols.at[i] == expected[i]);
    CHECK(dga_symbols_of(std::string(63, 'a')).count == dga_max_symbols);
}

TEST_CASE("Runs and counts are those that one counts by hand") {
    const DgaFeatures f = World().of("strength77-aab.com");
    CHECK(f[dga_length] == 14);
    CHECK(f[dga_digits] == 2);
    CHECK(f[dga_digit_run] == 2);
    CHECK(f[dga_digit_share] == 2 * 256 / 14);
    CHECK(f[dga_consonant_run] == 4);           // ngth
    CHECK(f[dga_vowel_run] == 2);               // aa
    CHECK(f[dga_vowel_share] == 3 * 256 / 11);  // e, a, a
    CHECK(f[dga_hyphens] == 1);
    CHECK(f[dga_kind_changes] == 3);  // h7, 7-, -a
    CHECK(f[dga_doubled] == 2);       // 77, aa
    CHECK(f[dga_distinct] == 11);     // s t r e n g h 7 - a b
    CHECK(f[dga_most_of_one] == 2);
    CHECK(f[dga_alternation_share] == 3 * 256 / 13);  // re, en, ab
    CHECK(f[dga_rare_share] == 0);
    CHECK(f[dga_suffix_dots] == 0);
}

TEST_CASE("Hexadecimal names have nothing beyond hexadecimal") {
    CHECK(World().of("0123456789abcdef.com")[dga_beyond_hex_share] == 0);
    CHECK(World().of("0g.com")[dga_beyond_hex_share] == 128);
}

TEST_CASE("Repetition is the length's logarithm less the entropy") {
    for (const std::string label : {"abcdefgh", "aabbccdd", "aaaaaaaa", "mississippi"}) {
        double entropy = 0;
        for (char c = 'a'; c <= 'z'; ++c) {
            const auto share = static_cast<double>(std::count(label.begin(), label.end(), c)) /
                               static_cast<double>(label.size());
            if (share > 0) entropy -= share * std::log2(share);
        }
        const double expected = (std::log2(static_cast<double>(label.size())) - entropy) * 16;
        CHECK(World().of(label + ".com")[dga_repetition] == Approx(expected).margin(1.01));
    }
}

TEST_CASE("Usage sums what the languages expect of each character and of the end") {
    World world;
    const auto index = [](uint32_t a, uint32_t b, uint32_t c) {
        return (a * dga_symbols + b) * dga_symbols + c;
    };
    world.trigrams[dga_of_top_sites][index(dga_edge, 0, 1)] = -1 * dga_log_unit;   // "^ab"
    world.trigrams[dga_of_generators][index(0, 1, dga_edge)] = -2 * dga_log_unit;  // "ab$"
    world.trigrams[dga_of_top_sites][index(0, 1, dga_edge)] = -8 * dga_log_unit;
    world.trigrams[dga_of_many_sites][index(0, 1, dga_edge)] = -8 * dga_log_unit;
    const DgaFeatures f = world.of("ab.com");
    CHECK(f[dga_top_usage] == -(5 + 1 + 8) * dga_log_unit * 16 / 3);
    CHECK(f[dga_best_sum] == -(5 + 1 + 8) * dga_log_unit);
    CHECK(f[dga_worst] == -8 * dga_log_unit);
    CHECK(f[dga_unusual] == 1);
    CHECK(f[dga_against_top] == ((5 + 1 + 8) - (5 + 5 + 2)) * dga_log_unit);
    CHECK(f[dga_top_against_many] == ((5 + 1 + 8) - (5 + 5 + 8)) * dga_log_unit);
}

TEST_CASE("The worst window is the least expected four characters in a row") {
    World world;
    for (auto language : {dga_of_top_sites, dga_of_many_sites})
        for (uint32_t before = 0; before < dga_symbols; ++before)
            for (uint32_t last = 0; last < dga_symbols; ++last)
                world.trigrams[language][(before * dga_symbols + last) * dga_symbols + 25] =
                    -7 * dga_log_unit;
    CHECK(world.of("aazzzaaaa.com")[dga_worst_window] == -(3 * 7 + 5) * dga_log_unit);
}

TEST_CASE("Known fragments cover the symbols that they span") {
    World world;
    world.know("bank", 3);
    const DgaFeatures f = world.of("xxbankxx.com");  // ten symbols with the edges
    CHECK(f[dga_fragment_feature(dga_known_share, 0)] == 256 / 10);
    CHECK(f[dga_fragment_feature(dga_level_share, 0)] == 3 * 256 / 10);
    CHECK(f[dga_fragment_feature(dga_common, 0)] == 1);
    CHECK(f[dga_fragment_feature(dga_known_share, 1)] == 0);
    CHECK(f[dga_covered_share] == 4 * 256 / 10);
    CHECK(f[dga_bare] == 6);
    CHECK(f[dga_bare_run] == 3);
    CHECK(f[dga_pieces] == 1);
    CHECK(World().of("xxbankxx.com")[dga_bare_run] == 10);
}

TEST_CASE("A longer fragment counts only where the shorter ones it starts with are known") {
    World world;
    world.know("bankin", 1);
    CHECK(world.of("banking.com")[dga_long_chain] == 0);
    world.know("bank", 1);
    world.know("banki", 1);
    CHECK(world.of("banking.com")[dga_long_chain] == 1);
    CHECK(world.of("banking.com")[dga_covered_long_share] == 6 * 256 / 9);
}

TEST_CASE("The top-level domain decides by its last label alone") {
    World world;
    world.tlds[dga_tld_slot("uk")] = 42;
    CHECK(world.of("a.co.uk")[dga_tld_odds] == 42);
    CHECK(world.of("a.co.uk")[dga_suffix_dots] == 1);
    CHECK(world.of("a.uk")[dga_tld_odds] == 42);
    CHECK(world.of("a.de")[dga_tld_odds] == 0);
}
