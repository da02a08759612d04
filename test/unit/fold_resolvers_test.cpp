#include "exporter/fold/fold_resolvers.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "exporter/fold/fold.h"
#include "test/support/snapshots.h"

using namespace dnsexp;
using namespace dnsexp::testing;

namespace {

// What a host's resolvers have counted at a time, in seconds.
class Resolvers {
  public:
    Folded fold(uint64_t seconds, uint64_t hits, uint64_t misses, uint64_t referrals = 0) {
        RawSnapshot snapshot;
        snapshot.time_ns = (1000 + seconds) * 1'000'000'000;
        snapshot.sockets.cache_hits = hits;
        snapshot.sockets.cache_misses = misses;
        snapshot.sockets.referrals = referrals;
        Folded folded;
        resolvers_.fold(snapshot, folded);
        return folded;
    }
    double ratio(uint64_t seconds, uint64_t hits, uint64_t misses) {
        const Folded folded = fold(seconds, hits, misses);
        REQUIRE(folded[Metric::cache_hit_ratio].reals.size() == 1);
        return folded[Metric::cache_hit_ratio].reals[0].value;
    }

  private:
    ResolverFold resolvers_;
};

}  // namespace

TEST_CASE("Where nobody has answered as a resolver, the cache's metrics have no series") {
    Resolvers resolvers;
    for (const uint64_t seconds : {0, 10, 1000}) {
        const Folded folded = resolvers.fold(seconds, 0, 0, 3);
        CHECK(folded[Metric::cache_lookups].series.empty());
        CHECK(folded[Metric::cache_hit_ratio].reals.empty());
        REQUIRE(folded[Metric::referrals].series.size() == 1);
        CHECK(folded[Metric::referrals].series[0].value == 3);
    }
    const Folded folded = resolvers.fold(1010, 0, 1);
    REQUIRE(folded[Metric::cache_lookups].series.size() == 2);
    CHECK(folded[Metric::cache_lookups].series[0].labels == std::vector<std::string>{"hit"});
    CHECK(folded[Metric::cache_lookups].series[0].value == 0);
    CHECK(folded[Metric::cache_lookups].series[1].labels == std::vector<std::string>{"miss"});
    CHECK(folded[Metric::cache_lookups].series[1].value == 1);
}

TEST_CASE("The ratio is that of the last five minutes") {
    Resolvers resolvers;
    CHECK(resolvers.ratio(0, 30, 10) == Approx(0.75));    // all since the exporter began
    CHECK(resolvers.ratio(100, 40, 40) == Approx(0.25));  // since the first look: 10 of 40
    CHECK(resolvers.ratio(299, 50, 40) == Approx(0.4));   // 20 of 50
    CHECK(resolvers.ratio(399, 50, 50) ==
          Approx(20.0 / 60));                             // still since the first: the second is 299 s old
    CHECK(resolvers.ratio(400, 58, 52) == Approx(0.6));   // since the second one: 18 of 30
    CHECK(resolvers.ratio(10'000, 59, 52) == Approx(1));  // since the last one, far longer ago
}

TEST_CASE("A host's first lookups count, though it was looked at before") {
    Resolvers resolvers;
    resolvers.fold(0, 0, 0);
    resolvers.fold(200, 0, 0);
    CHECK(resolvers.ratio(210, 1, 3) == Approx(0.25));
}

TEST_CASE("Without a lookup in five minutes the ratio is not a number") {
    Resolvers resolvers;
    CHECK(resolvers.ratio(0, 30, 10) == Approx(0.75));
    CHECK(std::isnan(resolvers.ratio(10, 30, 10)));
    CHECK(resolvers.ratio(20, 31, 10) == Approx(1));
    CHECK(resolvers.ratio(310, 31, 10) == Approx(1));
    CHECK(std::isnan(resolvers.ratio(321, 31, 10)));
}

TEST_CASE("Looks that come in one second share what they are compared with") {
    Resolvers resolvers;
    CHECK(resolvers.ratio(0, 10, 10) == Approx(0.5));
    CHECK(resolvers.ratio(0, 30, 10) == Approx(1));
    CHECK(resolvers.ratio(0, 30, 50) == Approx(20.0 / 60));  // and the look before is none
}

TEST_CASE("Only where somebody tells of sockets has a host resolvers' metrics") {
    Fold fold({});
    RawSnapshot snapshot = empty_snapshot();
    snapshot.sockets.cache_hits = snapshot.sockets.referrals = 5;
    CHECK(fold.fold(snapshot)[Metric::cache_lookups].series.empty());
    CHECK(fold.fold(snapshot)[Metric::referrals].series.empty());
    snapshot.has_workloads = true;
    CHECK(fold.fold(snapshot)[Metric::cache_lookups].series.size() == 2);
    CHECK(fold.fold(snapshot)[Metric::referrals].series.size() == 1);
}
