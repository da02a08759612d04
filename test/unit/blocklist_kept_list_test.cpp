#include <catch2/catch.hpp>
#include <string>

#include "exporter/blocklist/kept_list.h"
#include "test/support/temporary_folder.h"

using namespace dnsexp;
using namespace std::chrono_literals;

namespace {

constexpr uint64_t seed = 7;
constexpr KeptList::FeedTimes month{1min, 720h}, hour{1min, 1h};

BlocklistConfig feed() {
    return {"feed", "", "http://127.0.0.1:1/", BlocklistFormat::automatic, 2};
}

}  // namespace

TEST_CASE("A list is the same whatever its severity, and another by any other key") {
    const KeptList list(feed(), std::make_shared<ListCounters>(), seed, hour);
    BlocklistConfig other = feed();
    other.severity = 3;
    CHECK(list.is(other));
    other.format = BlocklistFormat::rpz;
    CHECK_FALSE(list.is(other));
    other = feed();
    other.name = "food";
    CHECK_FALSE(list.is(other));
    other = feed();
    other.url += "list";
    CHECK_FALSE(list.is(other));
    other = feed();
    std::swap(other.url, other.path);
    CHECK_FALSE(list.is(other));
}

TEST_CASE("A shorter interval brings the next request forward, a longer one leaves it") {
    KeptList list(feed(), std::make_shared<ListCounters>(), seed, month);
    list.answered(month);
    const auto now = KeptList::Clock::now();
    CHECK(list.due >= now + 719h);
    list.set_times(hour);
    CHECK(list.due <= now + 61min);
    CHECK(list.due >= now + 59min);
    list.set_times(month);
    CHECK(list.due <= now + 61min);
}

TEST_CASE(
    "After failures a feed is asked again ever later, up to its interval, and its server's wish holds") {
    KeptList list(feed(), std::make_shared<ListCounters>(), seed, hour);
    const auto now = KeptList::Clock::now();
    list.failed({});
    CHECK(list.due >= now + 1min);
    CHECK(list.due <= now + 3min);
    for (int i = 0; i < 10; ++i) list.failed({});
    CHECK(list.due >= now + 1h);
    CHECK(list.due <= now + 61min);
    list.answered(hour);
    list.failed(5min);
    CHECK(list.due >= now + 5min);
    CHECK(list.due <= now + 6min);
}

TEST_CASE("A file may begin without a name, but not lose all that it had") {
    const test::TemporaryFolder folder;
    folder.write("list", "# none yet\n");
    const auto counters = std::make_shared<ListCounters>();
    KeptList list({"list", folder.path("list"), "", BlocklistFormat::plain, 3}, counters, seed, hour);
    const auto empty = list.accept(list.file->read());
    REQUIRE(empty);
    CHECK(empty->sizes().listed == 0);
    folder.write("list", "a.example.com\n");
    const auto full = list.accept(list.file->read());
    REQUIRE(full);
    CHECK(full->sizes().listed == 1);
    folder.write("list", "# none left\n");
    CHECK_FALSE(list.accept(list.file->read()));
    CHECK(counters->failures == 0);  // count() does that
    list.count(false);
    CHECK(counters->failures == 1);
    CHECK(counters->last_success == 0);
    list.count(true);
    CHECK(counters->last_success > 1'600'000'000);
}
