#include "exporter/chains/steps.h"

#include <catch2/catch.hpp>
#include <vector>

#include "test/support/chain_records.h"

using namespace dnsexp;
using namespace dnsexp::testing;

namespace {

std::vector<std::pair<const ChainNode*, uint32_t>> pairs(const std::vector<PlacedStep>& steps) {
    std::vector<std::pair<const ChainNode*, uint32_t>> all;
    for (const PlacedStep& one : steps) all.emplace_back(one.node, one.depth);
    return all;
}

}  // namespace

TEST_CASE("Steps come after what waits for them, with their depth, each once") {
    const auto shared = step(Step::upstream, "a.test", 3, 4), last = step(Step::upstream, "b.test", 5, 6);
    const auto one = step(Step::resolver, "a.test", 2, 5, {shared}),
               two = step(Step::resolver, "b.test", 2, 7, {shared, last});
    const auto call = step(Step::call, "a", 0, 9, {one, two});
    const decltype(pairs({})) expected = {
        {call.get(), 0}, {one.get(), 1}, {shared.get(), 2}, {two.get(), 1}, {last.get(), 2}};
    CHECK(pairs(chain_steps(*call, 100)) == expected);
}

TEST_CASE("No more steps are looked at than are asked for") {
    std::vector<ChainNodePtr> many;
    for (uint64_t i = 0; i < 50; ++i) many.push_back(step(Step::query, "a.test", i, i + 1));
    const auto call = step(Step::call, "a", 0, 99, many);
    const auto steps = chain_steps(*call, 10);
    REQUIRE(steps.size() == 10);
    CHECK(steps.back().node == many[8].get());
}

// 2^60 ways lead to the last step.
TEST_CASE("Steps that are shared at each level take no more time than there are steps") {
    auto below = step(Step::upstream, "a.test", 1, 2);
    for (int level = 0; level < 60; ++level) {
        const auto left = step(Step::resolver, "a.test", 1, 2, {below}),
                   right = step(Step::resolver, "a.test", 1, 2, {below});
        below = step(Step::upstream, "a.test", 1, 2, {left, right});
    }
    CHECK(chain_steps(*below, 10'000).size() == 1 + 3 * 60);
}
