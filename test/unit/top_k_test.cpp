#include "exporter/fold/top_k.h"

#include <catch2/catch.hpp>
#include <map>
#include <numeric>
#include <random>

#include "exporter/fold/key_index.h"

using namespace dnsexp;

namespace {

uint64_t sum_of(const TopK::Row& row) {
    return std::accumulate(row.begin(), row.end(), uint64_t{0});
}

// A Prometheus server: scrapes, and adds up what increase() would see. A series that is new counts from its
// first value.
class Scraper {
  public:
    explicit Scraper(TopK& table) : table_(table) {}

    void scrape() {
        std::map<std::string, TopK::Row> now;
        for (const TopK::Shown& shown : table_.expose()) {
            if (now.contains(shown.key)) FAIL_CHECK("twice: " << shown.key);
            now[shown.key] = shown.counts;
        }
        now["other"] = table_.other();
        most_shown = std::max(most_shown, now.size() - 1);
        exposed_total = sum_of(table_.retired());
        for (const auto& [key, row] : now) {
            exposed_total += sum_of(row);
            const auto before = last_.find(key);
            if (before == last_.end()) {
                ++births;
                if (!last_.empty() && sum_of(row) != 0) FAIL_CHECK("not born at 0: " << key);
                continue;
            }
            for (size_t i = 0; i < row.size(); ++i) {
                if (row[i] < before->second[i]) FAIL_CHECK("went down: " << key);
                increases += row[i] - before->second[i];
            }
        }
        last_ = std::move(now);
        table_.exported();
    }

    [[nodiscard]] bool shows(const std::string& key) const { return last_.contains(key); }
    [[nodiscard]] uint64_t value(const std::string& key) const { return sum_of(last_.at(key)); }

    uint64_t increases = 0;
    uint64_t exposed_total = 0;
    size_t most_shown = 0;
    size_t births = 0;

  private:
    TopK& table_;
    std::map<std::string, TopK::Row> last_;
};

}  // namespace

TEST_CASE("Events are added many at a time, and none makes a place for the key") {
    TopK table(1);
    table.add("a", 2, 0);
    CHECK(table.is_born("a"));
    CHECK_FALSE(table.is_born("b"));
    CHECK(sum_of(table.other()) == 0);
    CHECK(table.expose().at(0).key == "a");
    table.exported();
    CHECK_FALSE(table.is_born("a"));
    table.add("a", 2, 5);
    table.add("b", 2, 3);  // no room for it
    CHECK_FALSE(table.is_born("b"));
    table.add("other", 1, 4);
    CHECK(table.expose().at(0).counts[2] == 5);
    CHECK(table.other()[2] == 3);
    CHECK(table.other()[1] == 4);
    table.add("b", 2, 100);  // strong enough to take the place of the first
    for (int i = 0; i < 2; ++i) {
        table.expose();
        table.exported();
    }
    CHECK(table.is_born("b"));
}

TEST_CASE("A key is shown at 0 before it counts") {
    TopK table(2);
    Scraper prometheus(table);
    table.add("a", 0);
    CHECK(sum_of(table.other()) == 1);
    prometheus.scrape();
    CHECK(prometheus.value("a") == 0);
    table.add("a", 3);
    table.add("a", 3);
    prometheus.scrape();
    CHECK(prometheus.value("a") == 2);
    CHECK(table.expose().front().counts[3] == 2);
    CHECK(sum_of(table.other()) == 1);
}

TEST_CASE("A key that is born after the exposition was made does not count yet") {
    TopK table(1);
    (void)table.expose();
    table.add("late", 0);
    table.exported();  // of the exposition without it
    table.add("late", 0);
    REQUIRE(table.expose().size() == 1);
    CHECK(sum_of(table.expose().front().counts) == 0);
    CHECK(sum_of(table.other()) == 2);
}

TEST_CASE("Keys that can't have a series count in other") {
    TopK table(4);
    table.add("other", 1);
    table.add("", 2);
    CHECK(table.expose().empty());
    CHECK(table.other()[1] == 1);
    CHECK(table.other()[2] == 1);
    TopK none(0);
    none.add("a", 0);
    none.exported();
    CHECK(none.expose().empty());
    CHECK(sum_of(none.other()) == 1);
}

TEST_CASE("A clearly heavier key replaces the weakest: closing, retired, reborn at 0") {
    TopK table(1);
    Scraper prometheus(table);
    table.add("old", 0);
    prometheus.scrape();
    for (int i = 0; i < 5; ++i) table.add("old", 0);
    for (int i = 0; i < 100; ++i) table.add("new", 0);
    prometheus.scrape();  // chooses old to close
    CHECK(prometheus.value("old") == 5);
    table.add("old", 0);  // frozen: counts in other
    prometheus.scrape();
    CHECK(prometheus.value("old") == 5);
    CHECK(sum_of(table.retired()) == 5);
    table.add("new", 0);
    prometheus.scrape();
    CHECK_FALSE(prometheus.shows("old"));
    CHECK(prometheus.value("new") == 0);
    table.add("new", 0);
    prometheus.scrape();
    CHECK(prometheus.value("new") == 1);
    CHECK(prometheus.exposed_total == 109);
}

TEST_CASE("A key that was retired is missing from an exposition before it comes back at 0") {
    TopK table(1);
    Scraper prometheus(table);
    for (int i = 0; i < 5; ++i) table.add("old", 0);
    prometheus.scrape();
    table.add("old", 0);
    for (int i = 0; i < 100; ++i) table.add("new", 0);
    prometheus.scrape();  // chooses old to close
    for (int i = 0; i < 1000; ++i) table.add("old", 0);
    prometheus.scrape();
    CHECK(prometheus.value("old") == 1);
    prometheus.scrape();
    CHECK_FALSE(prometheus.shows("old"));
    for (int i = 0; i < 3; ++i) prometheus.scrape();
    CHECK(prometheus.value("old") == 0);
}

TEST_CASE("A key that is only a little heavier replaces nobody") {
    TopK table(1);
    Scraper prometheus(table);
    for (int i = 0; i < 50; ++i) table.add("old", 0);
    for (int i = 0; i < 116; ++i) table.add("new", 0);  // 2 x 50 + 16
    for (int i = 0; i < 5; ++i) prometheus.scrape();
    CHECK(prometheus.shows("old"));
    table.add("new", 0);
    for (int i = 0; i < 3; ++i) prometheus.scrape();
    CHECK(prometheus.shows("new"));
}

TEST_CASE("Yesterday's giant gives way once it has aged") {
    TopK table(1);
    Scraper prometheus(table);
    for (int i = 0; i < 1'000'000; ++i) table.add("giant", 0);
    prometheus.scrape();
    for (int day = 0; day < 20; ++day) {
        for (int i = 0; i < 100; ++i) table.add("today", 0);
        table.age();
        prometheus.scrape();
    }
    CHECK(prometheus.shows("today"));
    CHECK_FALSE(prometheus.shows("giant"));
}

TEST_CASE("Whatever comes, the sums stay exact and no series goes down") {
    const uint32_t seed = GENERATE(range(1U, 9U));
    CAPTURE(seed);
    std::mt19937 random(seed);
    TopK table(1 + seed * 4);
    Scraper prometheus(table);
    prometheus.scrape();
    uint64_t events = 0;
    for (uint32_t phase = 0; phase < 60; ++phase) {
        // Skewed and shifting: small numbers are frequent, and each phase prefers other names.
        for (uint64_t n = random() % 3000; n > 0; --n) {
            std::geometric_distribution<uint32_t> rank(0.02);
            const bool noise = random() % 4 == 0;
            const uint32_t name = noise ? static_cast<uint32_t>(random()) : rank(random) + phase / 6 * 50;
            table.add("k" + std::to_string(name), random() % TopK::classes);
            ++events;
            if (random() % 5000 == 0) table.age();
        }
        const uint64_t kind = random() % 8;
        if (kind == 0) (void)table.expose();  // someone else looked
        if (kind == 1) table.exported();      // an exposition was announced twice
        prometheus.scrape();
        if (prometheus.exposed_total != events || prometheus.increases != events)
            FAIL_CHECK("phase " << phase << ": " << events << " events, exposed " << prometheus.exposed_total
                                << ", increases " << prometheus.increases);
    }
    CHECK(prometheus.most_shown <= 1 + seed * 4);
    CHECK(sum_of(table.retired()) > 0);  // the stream did shift
}

TEST_CASE("A flood of random names neither grows the table nor churns its series") {
    TopK table(20);
    Scraper prometheus(table);
    for (int i = 0; i < 20; ++i)
        for (int n = 0; n < 10; ++n) table.add("good" + std::to_string(i), 0);
    prometheus.scrape();
    const size_t births = prometheus.births;
    for (int i = 0; i < 1'000'000; ++i) {
        table.add("r" + std::to_string(i), 0);
        if (i % 10'000 == 0) prometheus.scrape();
        if (i % 100'000 == 0) table.age();
    }
    CHECK(table.tracked() <= 180);
    CHECK(prometheus.births == births);
    for (int i = 0; i < 20; ++i) CHECK(prometheus.shows("good" + std::to_string(i)));
}

TEST_CASE("A heavy hitter that starts in the middle of a flood is shown in the end") {
    TopK table(10);
    Scraper prometheus(table);
    for (int i = 0; i < 300'000; ++i) {
        table.add("r" + std::to_string(i), 0);
        if (i > 200'000 && i % 20 == 0) table.add("late", 0);
        if (i % 10'000 == 0) prometheus.scrape();
    }
    REQUIRE(prometheus.shows("late"));
    CHECK(prometheus.value("late") >=
          2500);  // of 4500 by the last scrape; three scrapes pass before it counts
    CHECK(prometheus.exposed_total == prometheus.increases + 1);  // 1: what the first scrape found in other
}

TEST_CASE("Few keys are replaced an exposition, even where many could be") {
    TopK table(64);
    Scraper prometheus(table);
    for (int i = 0; i < 64; ++i) table.add("weak" + std::to_string(i), 0);
    prometheus.scrape();
    prometheus.scrape();
    for (int i = 0; i < 64; ++i)
        for (int n = 0; n < 100; ++n) table.add("strong" + std::to_string(i), 0);
    size_t births = prometheus.births;
    for (int i = 0; i < 200; ++i) {
        prometheus.scrape();
        CHECK(prometheus.births - births <= 3);  // 64 / 32 + 1
        births = prometheus.births;
    }
    for (int i = 0; i < 64; ++i) CHECK(prometheus.shows("strong" + std::to_string(i)));
}

TEST_CASE("The key index finds what was inserted and not what was erased") {
    // Few distinct hashes: long probes, so that erasing has cells to move.
    std::mt19937 random(7);
    KeyIndex index(100);
    std::map<uint32_t, uint64_t> truth;
    for (int step = 0; step < 20'000; ++step) {
        const auto slot = static_cast<uint32_t>(random() % 100);
        if (truth.contains(slot)) {
            index.erase(truth[slot], slot);
            truth.erase(slot);
        } else {
            truth[slot] = random() % 16 + (random() % 2) * 250;
            index.insert(truth[slot], slot);
        }
        const auto probe = static_cast<uint32_t>(random() % 100);
        const bool known = truth.contains(probe);
        const uint32_t found = index.find(known ? truth[probe] : 3, [&](uint32_t s) { return s == probe; });
        if (found != (known ? probe : KeyIndex::none)) FAIL_CHECK("step " << step);
    }
}

TEST_CASE("Where nobody collects, a key counts from its first event") {
    TopK table(1);
    table.set_collected(false);
    table.add("a.test", 0);
    const auto rows = table.expose();
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].key == "a.test");
    CHECK(rows[0].counts[0] == 1);
    CHECK(table.other()[0] == 0);
    table.set_collected(true);  // what is live stays so
    table.add("a.test", 0);
    CHECK(table.expose()[0].counts[0] == 2);
}

TEST_CASE("The heaviest keys are told whether they are shown or not, and telling changes nothing") {
    TopK table(2);
    table.set_collected(true);
    for (const auto& [key, events] : {std::pair{"a", 5}, {"b", 1}, {"c", 90}, {"d", 40}, {"e", 7}})
        for (int i = 0; i < events; ++i) table.add(key, i % 3 == 0 ? 2 : 0);
    const auto heavy = table.heaviest(3);
    REQUIRE(heavy.size() == 3);
    CHECK(heavy[0].key == "c");
    CHECK(heavy[0].events ==
          TopK::Row{60, 0, 30});  // `c` is a candidate: both places are taken by `a` and `b`
    CHECK(heavy[1].key == "d");
    CHECK(heavy[2].key == "e");
    CHECK(table.heaviest(100).size() == 5);
    CHECK(table.heaviest(0).empty());
    // Neither an exposition nor a step came of it: the two are still born, and count in `other`.
    CHECK(table.is_born("a"));
    CHECK(sum_of(table.other()) == 143);
}

TEST_CASE("Age makes room at the top for what is heavy now, and takes nothing from the count") {
    TopK table(2);
    for (int i = 0; i < 1000; ++i) table.add("yesterday", 0);
    for (int i = 0; i < 8; ++i) table.age();
    for (int i = 0; i < 10; ++i) table.add("today", 0);
    const auto heavy = table.heaviest(2);
    REQUIRE(heavy.size() == 2);
    CHECK(heavy[0].key == "today");
    CHECK(heavy[1].key == "yesterday");
    CHECK(sum_of(heavy[1].events) == 1000);
}

TEST_CASE("A key that takes another's place counts from there") {
    TopK table(1);  // one shown and eight candidates
    for (int i = 0; i < 9; ++i)
        for (int n = 0; n < 5; ++n) table.add("k" + std::to_string(i), 0);
    table.add("late", 0);
    table.add("late", 0);
    uint64_t seen = 0;
    for (const auto& one : table.heaviest(100))
        if (one.key == "late") seen = sum_of(one.events);
    CHECK(seen == 2);
}

TEST_CASE("With fewer places the weakest end, shown once more, and nothing is lost") {
    TopK table(3);
    Scraper prometheus(table);
    prometheus.scrape();
    for (const char* key : {"a", "b", "c"}) table.add(key, 0, 0);
    prometheus.scrape();
    for (const auto& [key, events] : {std::pair{"a", 30}, {"b", 10}, {"c", 20}})
        table.add(key, 0, static_cast<uint64_t>(events));
    table.add("waits", 0, 5);
    table.set_shown_max(1);
    prometheus.scrape();  // chooses
    prometheus.scrape();
    CHECK(prometheus.value("b") == 10);
    CHECK(prometheus.value("c") == 20);
    table.add("a", 0);
    prometheus.scrape();
    CHECK(prometheus.value("a") == 31);
    CHECK_FALSE(prometheus.shows("b"));
    CHECK_FALSE(prometheus.shows("c"));
    CHECK(sum_of(table.retired()) == 30);
    CHECK(prometheus.exposed_total == 66);
    CHECK(prometheus.increases == 66);
}

TEST_CASE("With no place left all ends, and counts in other") {
    TopK table(2);
    Scraper prometheus(table);
    prometheus.scrape();
    table.add("a", 0);
    table.add("b", 0);
    table.add("c", 0);
    table.set_shown_max(0);
    for (int i = 0; i < 4; ++i) {
        prometheus.scrape();
        table.add("a", 0);
    }
    CHECK(table.expose().empty());
    CHECK(table.tracked() == 0);
    prometheus.scrape();
    CHECK(prometheus.exposed_total == 7);
    CHECK(prometheus.increases == 7);
}

TEST_CASE("With more places those that wait are shown, and others find one at once") {
    TopK table(1);
    Scraper prometheus(table);
    for (const char* key : {"a", "b", "c"}) table.add(key, 0);
    prometheus.scrape();
    CHECK(prometheus.most_shown == 1);
    table.set_shown_max(1000);
    for (int i = 0; i < 900; ++i) table.add("n" + std::to_string(i), 0);
    table.add("a", 1);  // found where it was
    prometheus.scrape();
    CHECK(prometheus.value("a") == 1);
    CHECK(prometheus.most_shown == 901);
    prometheus.scrape();
    CHECK(prometheus.shows("b"));
    CHECK(prometheus.shows("c"));
    CHECK(table.tracked() == 903);
}

TEST_CASE("A key that has just gone is missing from an exposition, though there is room again") {
    TopK table(2);
    Scraper prometheus(table);
    prometheus.scrape();
    table.add("a", 0, 0);
    table.add("b", 0, 0);
    prometheus.scrape();
    table.add("a", 0, 50);
    table.add("b", 0, 5);
    table.set_shown_max(1);
    prometheus.scrape();
    prometheus.scrape();  // b for the last time
    table.set_shown_max(2);
    table.add("b", 0, 7);
    prometheus.scrape();
    CHECK_FALSE(prometheus.shows("b"));
    prometheus.scrape();
    CHECK(prometheus.value("b") == 0);
}

TEST_CASE("However often the number of places changes, the sums stay exact and no series goes down") {
    const uint32_t seed = GENERATE(range(1U, 21U));
    CAPTURE(seed);
    std::mt19937 random(seed);
    uint32_t places = static_cast<uint32_t>(random() % 20), most = places;
    TopK table(places);
    Scraper prometheus(table);
    prometheus.scrape();
    uint64_t events = 0;
    const auto change = [&] {
        places = random() % 4 == 0 ? 0 : static_cast<uint32_t>(random() % 40);
        most = std::max(most, places);
        table.set_shown_max(places);
    };
    for (uint32_t phase = 0; phase < 300; ++phase) {
        for (uint64_t n = random() % 200; n > 0; --n) {
            std::geometric_distribution<uint32_t> rank(0.05);
            table.add("k" + std::to_string(rank(random) + phase / 30 * 10), random() % TopK::classes);
            ++events;
            if (random() % 300 == 0) change();
            if (random() % 1000 == 0) table.age();
        }
        if (random() % 8 == 0) table.exported();  // an exposition was announced twice
        if (random() % 4 == 0) change();
        prometheus.scrape();
        if (prometheus.exposed_total != events || prometheus.increases != events)
            FAIL_CHECK("phase " << phase << ": " << events << " events, exposed " << prometheus.exposed_total
                                << ", increases " << prometheus.increases);
        if (table.tracked() > size_t{9} * most) FAIL_CHECK("tracks " << table.tracked());
    }
    for (int i = 0; i < 3; ++i) prometheus.scrape();
    CHECK(table.expose().size() <= places);
}
