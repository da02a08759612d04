#include "exporter/security/watch_table.h"

#include <catch2/catch.hpp>

#include "exporter/security/two_halves.h"

using namespace dnsexp;

namespace {

struct Entry {
    uint64_t key = 0, value = 0, worth = 0;
    [[nodiscard]] uint64_t rank(uint64_t /*now_ns*/) const { return worth; }
};

}  // namespace

TEST_CASE("A key finds its entry again, and a new one is empty") {
    WatchTable<Entry, 4> table(16);
    table.claim(5, 0).value = 7;
    CHECK(table.claim(5, 0).value == 7);
    CHECK(table.claim(6, 0).value == 0);
    CHECK(table.memory() == 16 * 4 * sizeof(Entry));
}

TEST_CASE("Where there is no room, the entry of least rank gives way") {
    WatchTable<Entry, 4> table(1);
    for (uint64_t key = 1; key <= 4; ++key) table.claim(key, 0).worth = 10 - key;  // 4 is worth least
    for (uint64_t key = 100; key < 200; ++key) table.claim(key, 0);                // each worth nothing
    for (uint64_t key = 1; key <= 3; ++key) CHECK(table.claim(key, 0).worth == 10 - key);
    CHECK(table.claim(4, 0).worth == 0);
}

TEST_CASE("Halves keep what came in this period and the one before") {
    TwoHalves<int> halves;
    halves.advance(1000, 100);
    halves.current = 1;
    halves.advance(1099, 100);
    CHECK(halves.current == 1);
    halves.advance(1100, 100);
    CHECK(halves.current == 0);
    CHECK(halves.previous == 1);
    halves.current = 2;
    halves.advance(1050, 100);  // late: it counts in the current period
    CHECK(halves.current == 2);
    halves.advance(1200, 100);
    CHECK(halves.previous == 2);
    halves.advance(1400, 100);
    CHECK(halves.previous == 0);
    CHECK(halves.start_ns == 1400);
}
