#include "exporter/security/finding_folder.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace dnsexp;

namespace {

constexpr uint64_t second = 1'000'000'000;
constexpr uint32_t window = 300;

ClientId client(uint64_t number) {
    return {{0, 0xffff'0a00'0000 + number}, 0};
}

// Finds as judges do: asks first. Counts what it found.
struct Judge {
    std::vector<Finding> told;
    FindingFolder folder{window, [this](Finding finding) { told.push_back(std::move(finding)); }};
    uint64_t found = 0;
    uint64_t at_once = 0;  // told because of a finding, not of a window's end
    uint64_t now_ns = 1'000 * second;

    bool find(EventType type, Severity severity, uint64_t who, const std::string& domain,
              const std::string& details = "d") {
        ++found;
        if (!folder.admit(type, severity, client(who), domain, now_ns)) return false;
        Finding finding;
        finding.type = type;
        finding.severity = severity;
        finding.score = static_cast<uint32_t>(severity) * 30;
        finding.time_ns = now_ns;
        finding.client = client(who);
        finding.domain = domain;
        finding.details = details;
        const size_t before = told.size();
        folder.raise(std::move(finding));
        at_once += told.size() - before;
        return true;
    }
    // The time that passes, as the reader's timer sees it.
    void pass(uint64_t seconds) {
        for (uint64_t i = 0; i < seconds; ++i) folder.tick(now_ns += second);
    }
    [[nodiscard]] uint64_t sum(const FindingCounts::Table& table) const {
        uint64_t sum = 0;
        for (const auto& row : table)
            for (const uint64_t count : row) sum += count;
        return sum;
    }
    [[nodiscard]] uint64_t folded_into_told() const {
        uint64_t sum = 0;
        for (const Finding& finding : told) sum += finding.folded;
        return sum;
    }
};

constexpr auto dga = EventType::dga;
constexpr auto low = Severity::low;
constexpr auto medium = Severity::medium;
constexpr auto high = Severity::high;

}  // namespace

TEST_CASE("The first finding of a key is told at once, further ones once at the window's end") {
    Judge judge;
    CHECK(judge.find(dga, low, 1, "a.test", "first"));
    REQUIRE(judge.told.size() == 1);
    CHECK(judge.told[0].folded == 0);
    judge.pass(100);
    for (int i = 0; i < 7; ++i) CHECK_FALSE(judge.find(dga, low, 1, "a.test", "later"));
    judge.pass(199);
    CHECK(judge.told.size() == 1);
    judge.pass(1);
    REQUIRE(judge.told.size() == 2);
    CHECK(judge.told[1].folded == 7);
    CHECK(judge.told[1].time_ns == 1'100 * second);  // of the last that was folded
    CHECK(judge.told[1].details == "first");
    CHECK(judge.told[1].domain == "a.test");
    CHECK(judge.told[1].client == client(1));

    SECTION("that begins the next window") {
        CHECK_FALSE(judge.find(dga, low, 1, "a.test"));
        judge.pass(window);
        REQUIRE(judge.told.size() == 3);
        CHECK(judge.told[2].folded == 1);
    }
    SECTION("a window in which nothing came forgets the key") {
        judge.pass(window);
        CHECK(judge.told.size() == 2);
        CHECK(judge.find(dga, low, 1, "a.test", "anew"));
        REQUIRE(judge.told.size() == 3);
        CHECK(judge.told[2].details == "anew");
        CHECK(judge.told[2].folded == 0);
    }
}

TEST_CASE("Type, client, workload and domain each make another key") {
    Judge judge;
    CHECK(judge.find(dga, low, 1, "a.test"));
    CHECK(judge.find(EventType::txt_query, low, 1, "a.test"));
    CHECK(judge.find(dga, low, 2, "a.test"));
    CHECK(judge.find(dga, low, 1, "b.test"));
    CHECK(judge.find(dga, low, 1, ""));
    ClientId workload = client(1);
    workload.workload = 7;
    CHECK(judge.folder.admit(dga, low, workload, "a.test", judge.now_ns));
    CHECK(judge.told.size() == 5);
}

TEST_CASE("A more severe finding is told at once, and weaker ones fold into it") {
    Judge judge;
    judge.find(dga, low, 1, "a.test", "weak");
    judge.find(dga, low, 1, "a.test");
    judge.find(dga, low, 1, "a.test");
    CHECK(judge.find(dga, high, 1, "a.test", "severe"));
    REQUIRE(judge.told.size() == 2);
    CHECK(judge.told[1].severity == high);
    CHECK(judge.told[1].folded == 2);  // it stands for those since the weak one was told
    judge.find(dga, medium, 1, "a.test", "middling");
    judge.find(dga, low, 1, "a.test");
    CHECK(judge.told.size() == 2);

    SECTION("what is told at the end is as severe as the worst that was folded, in its own words") {
        judge.pass(window);
        REQUIRE(judge.told.size() == 3);
        CHECK(judge.told[2].severity == medium);
        CHECK(judge.told[2].score == 60);
        CHECK(judge.told[2].details == "middling");
        CHECK(judge.told[2].folded == 2);
        // And as severe is the new window: weaker folds, more severe doesn't.
        judge.find(dga, low, 1, "a.test");
        CHECK(judge.told.size() == 3);
        judge.find(dga, high, 1, "a.test", "severe again");
        REQUIRE(judge.told.size() == 4);
        CHECK(judge.told[3].folded == 1);
    }
    SECTION("an equally severe one has the words of the first") {
        judge.find(dga, high, 1, "a.test", "severe, later");
        judge.pass(window);
        REQUIRE(judge.told.size() == 3);
        CHECK(judge.told[2].severity == high);
        CHECK(judge.told[2].folded == 3);
    }
}

TEST_CASE("Random domains of one client are eight findings, and one a window while they last") {
    Judge judge;
    uint64_t number = 0;
    for (int minute = 0; minute < 20; ++minute) {
        for (int i = 0; i < 60; ++i) {
            for (int j = 0; j < 50; ++j) judge.find(dga, low, 1, "r" + std::to_string(++number) + ".test");
            judge.pass(1);
        }
    }
    // 20 minutes: four windows of the group are over.
    REQUIRE(judge.told.size() == FindingFolder::keys_of_client + 4);
    const Finding& group = judge.told[8];
    CHECK(group.client == client(1));
    CHECK(group.domain.empty());
    CHECK(group.folded > 14'900);
    CHECK(group.details ==
          std::to_string(group.folded) + " findings that are not told one by one; the first: d");
    judge.pass(2 * window);
    CHECK(judge.found == FindingFolder::keys_of_client + judge.folded_into_told());
    CHECK(judge.find(dga, low, 1, "anew.test"));
    CHECK(judge.told.back().domain == "anew.test");
}

TEST_CASE("Ever new clients are sixty-four findings, and one a window while they last") {
    Judge judge;
    uint64_t number = 0;
    for (uint32_t i = 0; i < 4 * window; ++i) {
        for (int j = 0; j < 50; ++j) judge.find(dga, low, ++number, "one.test");
        judge.pass(1);
    }
    REQUIRE(judge.told.size() == FindingFolder::keys_of_share + 3);
    const Finding& group = judge.told.back();
    CHECK(group.client == ClientId{});
    CHECK(group.domain == "one.test");  // all were about it
    judge.pass(2 * window);
    CHECK(judge.found == FindingFolder::keys_of_share + judge.folded_into_told());
}

TEST_CASE("A group of one domain or client keeps it") {
    Judge judge;
    for (int i = 0; i < 8; ++i) judge.find(dga, low, 1, "d" + std::to_string(i));
    for (int i = 0; i < 5; ++i) judge.find(dga, low, 1, "ninth");
    judge.pass(window);
    REQUIRE(judge.told.size() == 9);
    CHECK(judge.told[8].domain == "ninth");
    CHECK(judge.told[8].folded == 5);
    judge.pass(1);
    CHECK(judge.find(dga, low, 1, "d1"));  // so few don't keep the group open
    CHECK(judge.told.size() == 10);
}

TEST_CASE("A flood of weak findings takes no place from severe ones") {
    Judge judge;
    for (uint64_t i = 0; i < 100'000; ++i) judge.find(dga, low, i, "r" + std::to_string(i));
    for (uint64_t i = 0; i < 8; ++i) {
        CHECK(judge.find(dga, high, i, "severe"));
        CHECK(judge.find(EventType::tunneling, low, i, "other"));
    }
    CHECK(judge.told.size() == FindingFolder::keys_of_share + 16);
    judge.find(dga, high, 0, "r0", "of a key that was told weakly");
    CHECK(judge.told.back().severity == high);
}

TEST_CASE("Every finding is told or counted in one that is told, whatever comes") {
    Judge judge;
    uint64_t random = 12345;
    const auto next = [&](uint64_t below) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        return (random >> 33) % below;
    };
    for (int i = 0; i < 300'000; ++i) {
        judge.find(static_cast<EventType>(next(event_types)), static_cast<Severity>(1 + next(severities)),
                   next(2) == 0 ? next(4) : next(5'000),
                   "d" + std::to_string(next(2) == 0 ? next(6) : next(5'000)));
        if (next(100) == 0) judge.pass(1);
    }
    judge.pass(5 * window);
    const FindingCounts& counts = judge.folder.counts();
    CHECK(judge.told.size() == judge.sum(counts.raised));
    CHECK(judge.sum(counts.folded) == judge.folded_into_told());
    CHECK(judge.found == judge.at_once + judge.folded_into_told());
    // With the flood over, nothing is left of it.
    const size_t before = judge.told.size();
    CHECK(judge.find(dga, low, 9'999, "quiet"));
    CHECK(judge.told.size() == before + 1);
}

TEST_CASE("A finding that was not asked for is folded as if it had been") {
    Judge judge;
    judge.find(dga, low, 1, "a.test");
    Finding finding;
    finding.type = dga;
    finding.severity = low;
    finding.client = client(1);
    finding.domain = "a.test";
    finding.time_ns = judge.now_ns;
    judge.folder.raise(finding);
    CHECK(judge.told.size() == 1);
    CHECK(judge.folder.counts().folded[static_cast<size_t>(dga)][0] == 1);
    finding.domain = "b.test";
    judge.folder.raise(finding);
    CHECK(judge.told.size() == 2);
}
