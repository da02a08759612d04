#include "exporter/security/client_likeness.h"

#include <algorithm>
#include <cmath>

#include "exporter/fold/hash.h"

namespace dnsexp {
namespace {

static_assert([] {
    size_t sum = 0;
    for (const uint8_t classes : trait_classes) sum += classes;
    return sum == all_trait_classes;
}());

constexpr size_t first_class(DomainTrait trait) {
    size_t first = 0;
    for (size_t i = 0; i < trait; ++i) first += trait_classes[i];
    return first;
}

constexpr size_t unjudged = first_class(trait_score);  // tells nothing

// Longest first label of each class; the last one takes the rest (RFC 1035, 2.3.4).
constexpr std::array<uint8_t, trait_classes[trait_length]> longest_of = {3,  4,  5,  6,  7,  8,  9,  10,
                                                                         11, 12, 13, 15, 17, 20, 24, 63};
// Class 0 of the score is `unjudged`; then each takes one unit of the log-odds, the first and
// the last also what lies beyond.
constexpr float lowest_score = -5;
constexpr float score_units = trait_classes[trait_score] - 1;

// Shares that are expected before a client has shown what it asks, trait by trait. .com and lengths: the
// public list of 10,000 top sites (OpenDNS), rounded, the other suffixes alike. Scores: what the model gives
// such sites, smoothed. The rest by judgement: they weigh as little as twelve names.
constexpr float share_com = 0.5F;
constexpr std::array<float, all_trait_classes> expected = [] {
    constexpr float rest[] = {.09F,  .06F,  .09F, .11F,  .11F, .11F, .09F, .08F, .07F, .05F,  .04F,  .04F,
                              .03F,  .015F, .01F, .005F,  // length
                              .1F,   .2F,   .2F,  .15F,  .12F, .08F, .06F, .04F, .02F, .012F, .008F, .005F,
                              .005F,                      // score
                              .8F,   .12F,  .06F, .02F,   // shape
                              .6F,   .3F,   .08F, .02F};  // below
    std::array<float, all_trait_classes> shares{};
    shares.fill((1 - share_com) / (trait_classes[trait_suffix] - 1));
    shares[0] = share_com;
    static_assert(std::size(rest) == all_trait_classes - trait_classes[trait_suffix]);
    std::copy(std::begin(rest), std::end(rest), shares.begin() + trait_classes[trait_suffix]);
    return shares;
}();

// In names: how much the expectation weighs against what was seen of this client.
constexpr float expectation_weight = 12;
constexpr float existing_weight = 6;
// A class that few names have is counted badly; no single trait and no single name decides.
constexpr float trait_bound = 16;
constexpr float name_bound = 30;
// Some of the names that don't exist come from elsewhere, so none tells much against a family.
constexpr float family_share = 0.6F;
// What a ratio errs by on average while the counts are few or all names alike: it must not add up.
constexpr float allowance = 0.05F;

size_t suffix_class(std::string_view suffix, uint64_t seed) {
    return suffix == "com" ? 0 : 1 + hash_bytes(suffix, seed) % (trait_classes[trait_suffix] - 1);
}

size_t length_class(size_t length) {
    return static_cast<size_t>(std::lower_bound(longest_of.begin(), longest_of.end() - 1, length) -
                               longest_of.begin());
}

size_t score_class(float log_odds) {
    if (log_odds == 0) return 0;
    return 1 + static_cast<size_t>(std::clamp(std::floor(log_odds - lowest_score), 0.0F, score_units - 1));
}

size_t shape_class(std::string_view label) {
    const bool has_digit = label.find_first_of("0123456789") != std::string_view::npos;
    const bool has_hyphen = label.find('-') != std::string_view::npos;
    return size_t{has_digit} + 2 * size_t{has_hyphen};
}

}  // namespace

DomainTraits traits_of(std::string_view domain, size_t below, float log_odds, uint64_t seed) {
    const size_t dot = std::min(domain.find('.'), domain.size());
    const std::string_view label = domain.substr(0, dot);
    const std::string_view suffix = domain.substr(std::min(dot + 1, domain.size()));
    DomainTraits traits{};
    const auto set = [&](DomainTrait trait, size_t index) {
        traits[trait] = static_cast<uint8_t>(first_class(trait) + index);
    };
    set(trait_suffix, suffix_class(suffix, seed));
    set(trait_length, length_class(label.size()));
    set(trait_score, score_class(log_odds));
    set(trait_shape, shape_class(label));
    set(trait_below, std::min<size_t>(below, trait_classes[trait_below] - 1));
    return traits;
}

float FailureLikeness::log_ratio(const DomainTraits& traits) const {
    float ratio = 1;
    for (size_t trait = 0; trait < domain_traits; ++trait) {
        const uint8_t index = traits[trait];
        if (index == unjudged) continue;
        const float usual = (existing_.of(index) + expectation_weight * expected[index]) /
                            (existing_.total(trait) + expectation_weight);
        const float now =
            (missing_.of(index) + existing_weight * usual) / (missing_.total(trait) + existing_weight);
        ratio *= std::clamp(now / usual, 1 / trait_bound, trait_bound);
    }
    return std::log(1 - family_share + family_share * std::min(ratio, name_bound)) - allowance;
}

}  // namespace dnsexp
