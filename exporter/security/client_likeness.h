// How much the names that don't exist look like one another and unlike those that do: what betrays a family
// of generated names of which no single one stands out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dnsexp {

// What is compared of a registrable domain, as numbers of classes.
struct DomainTraits {
    uint8_t suffix = 0;  // what follows the first label
    uint8_t length = 0;  // octets of the first label
    uint8_t score = 0;   // what the name model says
    uint8_t shape = 0;   // whether the first label has digits, hyphens, both
    uint8_t below = 0;   // how many labels were asked below the domain
};

// `domain` in presentation format with at least two labels. `log_odds`: natural, 0 where no model judged.
// `seed` keeps others from choosing suffixes that share a class.
DomainTraits domain_traits(std::string_view domain, size_t below, float log_odds, uint64_t seed);

// Counts per class that forget: all are halved where the sum passes the limit.
template <typename Count, size_t classes, unsigned limit>
struct ForgettingCounts {
    std::array<Count, classes> of{};
    uint16_t total = 0;

    void add(size_t index) {
        ++of[index];
        if (++total <= limit) return;
        total = 0;
        for (Count& count : of) total = static_cast<uint16_t>(total + (count = static_cast<Count>(count / 2)));
    }
    void remove(size_t index) {
        if (of[index] == 0) return;
        --of[index];
        --total;
    }
};

// Of one client. Fixed memory, about 250 octets. Not thread-safe.
class FailureLikeness {
  public:
    // Natural logarithm of the likelihood ratio of a name that doesn't exist: drawn as the last ones that
    // don't exist, against drawn as those that do. Both are learned from the names before it, so that over
    // names drawn alike the ratio's mean is 1 (a martingale; Wald 1945, Ville 1939), whatever the mean name
    // of this client looks like.
    [[nodiscard]] float log_ratio(const DomainTraits& traits) const;

    void add_existing(const DomainTraits& traits);
    void add_missing(const DomainTraits& traits);
    void take_missing_back(const DomainTraits& traits);

    static constexpr size_t suffixes = 32;
    static constexpr size_t lengths = 16;
    static constexpr size_t scores = 13;
    static constexpr size_t shapes = 4;
    static constexpr size_t depths = 4;

  private:
    // So many names that exist are remembered (the last 300 to 600), and so many that don't: fewer, since a
    // family must show among them within 50.
    static constexpr unsigned existing_limit = 600;
    static constexpr unsigned missing_limit = 48;

    template <size_t classes>
    struct Trait {
        ForgettingCounts<uint16_t, classes, existing_limit> existing;
        ForgettingCounts<uint8_t, classes, missing_limit> missing;

        [[nodiscard]] float ratio(size_t index, const std::array<float, classes>& expected) const;
    };

    Trait<suffixes> suffix_;
    Trait<lengths> length_;
    Trait<scores> score_;
    Trait<shapes> shape_;
    Trait<depths> below_;
};

}  // namespace dnsexp
