#include "exporter/security/client_likeness.h"

#include <catch2/catch.hpp>
#include <cmath>

using namespace dnsexp;

namespace {

DomainTraits traits(std::string_view domain, size_t below = 0, float log_odds = 0) {
    return traits_of(domain, below, log_odds, 1);
}

}  // namespace

TEST_CASE("Traits tell suffix, length, score, shape and depth apart") {
    const DomainTraits plain = traits("example.com", 0, -3.0F);
    CHECK(traits("another.com", 0, -2.5F) == plain);
    const auto differs = [&](const DomainTraits& other, DomainTrait in) {
        for (size_t i = 0; i < domain_traits; ++i)
            if ((other[i] != plain[i]) != (i == in)) return false;
        return true;
    };
    CHECK(differs(traits("example.co.uk", 0, -3.0F), trait_suffix));
    CHECK(differs(traits("examples.com", 0, -3.0F), trait_length));
    CHECK(differs(traits("example.com", 0, -1.0F), trait_score));
    CHECK(differs(traits("example.com", 0, 0), trait_score));
    CHECK(differs(traits("exampl3.com", 0, -3.0F), trait_shape));
    CHECK(differs(traits("exam-le.com", 0, -3.0F), trait_shape));
    CHECK(differs(traits("example.com", 1, -3.0F), trait_below));
    CHECK(traits("example.com", 3) == traits("example.com", 120));
}

TEST_CASE("Any text and any score has classes of its own traits") {
    for (const float log_odds : {-1000.0F, -5.0F, 0.0F, 6.0F, 1000.0F})
        for (const std::string& domain : {std::string(63, 'x') + ".com", std::string("."), std::string("x"),
                                          std::string(), std::string(252, '\\') + ".n"}) {
            const DomainTraits all = traits(domain, 126, log_odds);
            size_t first = 0;
            for (size_t trait = 0; trait < domain_traits; first += trait_classes[trait++]) {
                CHECK(all[trait] >= first);
                CHECK(all[trait] < first + trait_classes[trait]);
            }
        }
}

TEST_CASE("Names that do not exist are told by how they differ from those that do") {
    FailureLikeness looks;
    for (int i = 0; i < 200; ++i) looks.add_existing(traits(i % 2 ? "example.com" : "example.org"));
    for (int i = 0; i < 20; ++i) looks.add_missing(traits("possibleshake.net"));
    CHECK(looks.log_ratio(traits("summersnowman.net")) > 2);
    CHECK(looks.log_ratio(traits("example.com")) < 0);
    CHECK(looks.log_ratio(traits("example.com")) > -1);  // the benign ones among them are no excuse
}

TEST_CASE("Names that do not exist and look like those that do tell nothing, be they many or few") {
    FailureLikeness looks;
    for (int i = 0; i < 2000; ++i) {
        looks.add_existing(traits("gesellschaft.de"));
        looks.add_missing(traits("gesellschaft.de"));
    }
    CHECK(looks.log_ratio(traits("gesellschaft.de")) <= 0);
    CHECK(looks.log_ratio(traits("gesellschaft.de")) > -0.1F);
}

TEST_CASE("What is taken back was never there") {
    FailureLikeness looks;
    const float before = looks.log_ratio(traits("possibleshake.net"));
    looks.add_missing(traits("possibleshake.net"));
    CHECK(looks.log_ratio(traits("possibleshake.net")) > before);
    looks.take_missing_back(traits("possibleshake.net"));
    CHECK(looks.log_ratio(traits("possibleshake.net")) == before);
    looks.take_missing_back(traits("possibleshake.net"));
    CHECK(looks.log_ratio(traits("possibleshake.net")) == before);
}
