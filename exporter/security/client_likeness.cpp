#include "exporter/security/client_likeness.h"

#include <algorithm>
#include <cmath>

#include "exporter/fold/hash.h"

namespace dnsexp {
namespace {

constexpr uint8_t class_com = 0;  // half of all names: a class of its own

// Expected before a client has shown what it asks, as shares. Lengths and .com: the public list of 10,000
// top sites (OpenDNS), rounded; the other suffixes alike.
constexpr float share_com = 0.5F;
constexpr auto expected_suffixes = [] {
    std::array<float, FailureLikeness::suffixes> shares{};
    shares.fill((1 - share_com) / (FailureLikeness::suffixes - 1));
    shares[class_com] = share_com;
    return shares;
}();
constexpr std::array<uint8_t, FailureLikeness::lengths> longest_of = {3,  4,  5,  6,  7,  8,  9,  10,
                                                                      11, 12, 13, 15, 17, 20, 24, 63};
constexpr std::array<float, FailureLikeness::lengths> expected_lengths = {
    .09F, .06F, .09F, .11F, .11F, .11F, .09F, .08F, .07F, .05F, .04F, .04F, .03F, .015F, .01F, .005F};

// Of log-odds: class 0 is a name that nobody judged, then one a unit from below -5 to 6 and above.
constexpr float lowest_score = -5;
constexpr std::array<float, FailureLikeness::scores> expected_scores = {
    .1F, .2F, .2F, .15F, .12F, .08F, .06F, .04F, .02F, .012F, .008F, .005F, .005F};
constexpr std::array<float, FailureLikeness::shapes> expected_shapes = {.8F, .12F, .06F, .02F};
// Most software asks for hosts below a domain; lists of sites don't.
constexpr std::array<float, FailureLikeness::depths> expected_depths = {.4F, .4F, .15F, .05F};

// In names: how much the expectation weighs against what was seen of this client.
constexpr float expectation_weight = 12;
constexpr float existing_weight = 6;
// A class that few names have is counted badly; no single trait and no single name decides.
constexpr float trait_bound = 16;
constexpr float name_bound = 30;
// Some of the names that don't exist come from elsewhere, so that none tells much against a family.
constexpr float family_share = 0.6F;

}  // namespace

DomainTraits domain_traits(std::string_view domain, size_t below, float log_odds, uint64_t seed) {
    const size_t dot = std::min(domain.find('.'), domain.size());
    const std::string_view suffix = domain.substr(std::min(dot + 1, domain.size()));
    DomainTraits traits;
    traits.suffix = suffix == "com" ? class_com
                                    : static_cast<uint8_t>(1 + hash_bytes(suffix, seed) %
                                                                   (FailureLikeness::suffixes - 1));
    const auto fits = std::lower_bound(longest_of.begin(), longest_of.end() - 1, dot);
    traits.length = static_cast<uint8_t>(fits - longest_of.begin());
    constexpr float classes = FailureLikeness::scores - 2;
    if (log_odds != 0)
        traits.score = static_cast<uint8_t>(1 + std::clamp(std::floor(log_odds - lowest_score), 0.0F, classes));
    const std::string_view label = domain.substr(0, dot);
    const bool has_digit = label.find_first_of("0123456789") != std::string_view::npos;
    traits.shape = static_cast<uint8_t>((has_digit ? 1 : 0) + (label.find('-') != std::string_view::npos ? 2 : 0));
    traits.below = static_cast<uint8_t>(std::min(below, FailureLikeness::depths - 1));
    return traits;
}

template <size_t classes>
float FailureLikeness::Trait<classes>::ratio(size_t index, const std::array<float, classes>& expected) const {
    const float usual = (static_cast<float>(existing.of[index]) + expectation_weight * expected[index]) /
                        (static_cast<float>(existing.total) + expectation_weight);
    const float now = (static_cast<float>(missing.of[index]) + existing_weight * usual) /
                      (static_cast<float>(missing.total) + existing_weight);
    return std::clamp(now / usual, 1 / trait_bound, trait_bound);
}

float FailureLikeness::log_ratio(const DomainTraits& traits) const {
    const float ratio = suffix_.ratio(traits.suffix, expected_suffixes) *
                        length_.ratio(traits.length, expected_lengths) *
                        score_.ratio(traits.score, expected_scores) *
                        (getenv("SH") ? shape_.ratio(traits.shape, expected_shapes) : 1) *
                        (getenv("BE") ? below_.ratio(traits.below, expected_depths) : 1);
    return std::log(1 - family_share + family_share * std::min(ratio, name_bound));
}

void FailureLikeness::add_existing(const DomainTraits& traits) {
    suffix_.existing.add(traits.suffix);
    length_.existing.add(traits.length);
    score_.existing.add(traits.score);
    shape_.existing.add(traits.shape);
    below_.existing.add(traits.below);
}

void FailureLikeness::add_missing(const DomainTraits& traits) {
    suffix_.missing.add(traits.suffix);
    length_.missing.add(traits.length);
    score_.missing.add(traits.score);
    shape_.missing.add(traits.shape);
    below_.missing.add(traits.below);
}

void FailureLikeness::take_missing_back(const DomainTraits& traits) {
    suffix_.missing.remove(traits.suffix);
    length_.missing.remove(traits.length);
    score_.missing.remove(traits.score);
    shape_.missing.remove(traits.shape);
    below_.missing.remove(traits.below);
}

}  // namespace dnsexp
