#include "exporter/chains/board.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "test/support/chain_records.h"

using namespace dnsexp;
using namespace dnsexp::testing;

namespace {

ChainNodePtr chain(uint64_t end_ms, uint64_t took_ms = 1) {
    return step(Step::query, "www.example.test", end_ms - took_ms, end_ms);
}

std::vector<uint64_t> numbers(const std::vector<ChainRow>& rows) {
    std::vector<uint64_t> all;
    for (const ChainRow& row : rows) all.push_back(row.sequence);
    return all;
}
using Numbers = std::vector<uint64_t>;

constexpr uint64_t hour_ms = 3'600'000;

}  // namespace

TEST_CASE("Chains are numbered from 1 and come back oldest first, the last ones where they are too many") {
    ChainBoard board;
    CHECK(board.finished() == 0);
    CHECK(board.first_sequence() == 1);
    CHECK(board.last(0, 10).empty());
    for (uint64_t i = 1; i <= 5; ++i) board.add(chain(100 * i));
    CHECK(board.finished() == 5);
    CHECK(board.first_sequence() == 1);
    CHECK(numbers(board.last(0, 10)) == Numbers{1, 2, 3, 4, 5});
    CHECK(numbers(board.last(0, 2)) == Numbers{4, 5});
    CHECK(numbers(board.last(3, 10)) == Numbers{4, 5});
    CHECK(numbers(board.last(3, 1)) == Numbers{5});
    CHECK(board.last(5, 10).empty());
    CHECK(board.last(~uint64_t{0}, 10).empty());
    CHECK(board.last(0, 0).empty());
    CHECK(board.last(0, 1)[0].begin_ns == 499 * ms);
}

TEST_CASE("No more chains are kept than so many; the oldest go") {
    ChainBoard board;
    for (uint64_t i = 1; i <= ChainBoard::chains_max + 10; ++i) board.add(chain(100 + i));
    CHECK(board.finished() == ChainBoard::chains_max + 10);
    CHECK(board.first_sequence() == 11);
    CHECK(board.last(0, 100'000).size() == ChainBoard::chains_max);
    CHECK(numbers(board.last(0, 1)) == Numbers{ChainBoard::chains_max + 10});
}

TEST_CASE("Long names and many steps count: fewer chains are kept than the octets allow") {
    ChainBoard board;
    // Each step holds more than a thousand octets of names, each chain ten steps.
    constexpr size_t count = 3000, octets_of_chain = 10'000;
    for (uint64_t i = 1; i <= count; ++i) {
        std::vector<ChainNodePtr> steps;
        for (int j = 0; j < 10; ++j) {
            steps.push_back(step(Step::upstream, "a.test", 100, 110));
            steps.back()->aliases.assign(4, std::string(255, 'x'));
        }
        board.add(step(Step::resolver, "a.test", 100, 120, std::move(steps)));
    }
    const size_t kept = board.finished() - board.first_sequence() + 1;
    CHECK(kept * octets_of_chain <= ChainBoard::octets_max);
    CHECK(kept * octets_of_chain > ChainBoard::octets_max / 3);
    CHECK(board.last(0, count).size() == kept);
}

TEST_CASE("The last chain is kept, however large it is") {
    ChainBoard board;
    const auto large = chain(100);
    large->aliases.assign(100'000, std::string(255, 'x'));
    board.add(chain(90));
    board.add(large);
    CHECK(board.first_sequence() == 2);
    CHECK(board.last(0, 10).size() == 1);
    board.add(chain(110));
    CHECK(board.first_sequence() == 3);
}

TEST_CASE("The slowest come first, and no more than so many") {
    ChainBoard board;
    for (const uint64_t took : {5, 50, 20, 40}) board.add(chain(1000, took));
    CHECK(numbers(board.slowest()) == Numbers{2, 4, 3, 1});
    for (uint64_t i = 0; i < 100; ++i) board.add(chain(1000, 100 + i));
    const auto slowest = board.slowest();
    REQUIRE(slowest.size() == ChainBoard::slowest_max);
    CHECK(slowest.front().duration_ns == 199 * ms);
    CHECK(slowest.back().duration_ns == 180 * ms);
}

TEST_CASE("A chain that is slow stays after it has left the last ones") {
    ChainBoard board;
    board.add(chain(1000, 900));
    for (uint64_t i = 0; i <= ChainBoard::chains_max; ++i) board.add(chain(1001));
    CHECK(board.first_sequence() > 1);
    CHECK(board.slowest().front().sequence == 1);
}

TEST_CASE("The slowest are those of the last hour") {
    ChainBoard board;
    board.add(chain(1000, 900));
    board.add(chain(2000, 10));
    board.add(chain(1000 + hour_ms, 1));  // just an hour after the first one's end
    CHECK(numbers(board.slowest()) == Numbers{1, 2, 3});
    board.add(chain(1001 + hour_ms, 1));
    CHECK(numbers(board.slowest()) == Numbers{2, 3, 4});
}

TEST_CASE("What nobody answered is none of the slowest, and takes none of them away") {
    ChainBoard board;
    board.add(chain(hour_ms * 2, 5));
    board.add(step(Step::query, "a.test", hour_ms * 2, 0));
    CHECK(numbers(board.slowest()) == Numbers{1});
    CHECK(numbers(board.last(0, 10)) == Numbers{1, 2});
}
