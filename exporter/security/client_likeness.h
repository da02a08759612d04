// How much the names that don't exist look like one another and unlike those that do: what betrays a family
// of generated names of which no single one stands out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dnsexp {

// What is compared of a registrable domain. Each trait sorts domains into classes, which are numbered
// through.
enum DomainTrait : size_t {
    trait_suffix,  // what follows the first label
    trait_length,  // octets of the first label
    trait_score,   // what the name model says
    trait_shape,   // whether the first label has digits, hyphens or both
    trait_below,   // labels that were asked below the domain
    domain_traits
};
inline constexpr std::array<uint8_t, domain_traits> trait_classes = {32, 16, 13, 4, 4};
inline constexpr size_t all_trait_classes = 69;
using DomainTraits = std::array<uint8_t, domain_traits>;

// `domain` in presentation format with at least two labels. `log_odds`: natural, 0 where no model judged.
// `seed` keeps others from choosing suffixes that share a class.
DomainTraits traits_of(std::string_view domain, size_t below, float log_odds, uint64_t seed);

// Names a class, that forget: a trait's are halved where its sum passes the limit (below the highest Count).
template <typename Count, unsigned limit>
class TraitCounts {
  public:
    void add(const DomainTraits& traits) {
        for (size_t trait = 0, first = 0; trait < domain_traits; first += trait_classes[trait++]) {
            ++of_[traits[trait]];
            if (++total_[trait] > limit) halve(trait, first);
        }
    }
    void remove(const DomainTraits& traits) {
        for (size_t trait = 0; trait < domain_traits; ++trait) {
            if (of_[traits[trait]] == 0) continue;
            --of_[traits[trait]];
            --total_[trait];
        }
    }
    [[nodiscard]] float of(uint8_t index) const { return of_[index]; }
    [[nodiscard]] float total(size_t trait) const { return total_[trait]; }

  private:
    void halve(size_t trait, size_t first) {
        total_[trait] = 0;
        for (size_t i = first; i < first + trait_classes[trait]; ++i) {
            of_[i] = static_cast<Count>(of_[i] / 2);
            total_[trait] = static_cast<uint16_t>(total_[trait] + of_[i]);
        }
    }

    std::array<Count, all_trait_classes> of_{};
    std::array<uint16_t, domain_traits> total_{};
};

// Of one client. Fixed memory, 232 octets. Not thread-safe.
class FailureLikeness {
  public:
    // Natural logarithm of the likelihood ratio of a name that doesn't exist: drawn as the last ones that
    // don't exist, against drawn as those that do. Both are learned from the names before it, so over names
    // that are drawn alike the ratio's mean is below 1, whatever the names of this client look like.
    [[nodiscard]] float log_ratio(const DomainTraits& traits) const;

    void add_existing(const DomainTraits& traits) { existing_.add(traits); }
    void add_missing(const DomainTraits& traits) { missing_.add(traits); }
    void take_missing_back(const DomainTraits& traits) { missing_.remove(traits); }

  private:
    // So many names that exist are remembered (the last 300 to 600), and so many that don't: fewer, since a
    // family must show among them within 50.
    TraitCounts<uint16_t, 600> existing_;
    TraitCounts<uint8_t, 48> missing_;
};

}  // namespace dnsexp
