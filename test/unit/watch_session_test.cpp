#include "exporter/app/watch_session.h"

#include <catch2/catch.hpp>
#include <cerrno>
#include <map>

using namespace dnsexp;

namespace {

// Answers what the test put there.
class FakeFeed final : public Feed {
  public:
    Result<std::string> get(std::string_view path) override {
        asked.emplace_back(path);
        if (is_gone || path == broken) return Error{"ask", "x", ECONNREFUSED, "", ""};
        const auto found = answers.find(std::string(path));
        if (found == answers.end()) return Error{"ask", std::string(path), ENOENT, "", ""};
        return found->second;
    }
    [[nodiscard]] std::string source() const override { return "fake"; }

    std::map<std::string, std::string> answers;
    std::vector<std::string> asked;
    bool is_gone = false;
    std::string broken;  // a path that answers no more
};

std::string summary(uint64_t seconds, uint64_t queries) {
    return R"({"monotonic_ns": )" + std::to_string(seconds * 1'000'000'000) + R"(, "totals": {"queries": )" +
           std::to_string(queries) + "}}";
}

std::string slow(const std::vector<std::pair<std::string, double>>& rows) {
    std::string text;
    for (const auto& [name, seconds] : rows)
        text += (text.empty() ? "" : ",") + std::string(R"({"time": "t", "name": ")") + name +
                R"(", "latency_seconds": )" + std::to_string(seconds) + "}";
    return R"({"threshold_seconds": 0.1, "transactions": [)" + text + "]}";
}

FakeFeed quiet_feed() {
    FakeFeed feed;
    feed.answers = {{"/api/v1/summary", summary(1, 10)}, {"/api/v1/slow", slow({})}};
    return feed;
}

History minute() {
    return {60'000'000'000, 1'000'000'000};
}

}  // namespace

TEST_CASE("A session's view has what the feed told") {
    FakeFeed feed = quiet_feed();
    WatchSession session(feed, 0.2, minute());
    REQUIRE(session.ask());
    feed.answers["/api/v1/summary"] = summary(3, 30);
    feed.answers["/api/v1/slow"] = slow({{"a", 0.15}, {"b", 0.25}});
    REQUIRE(session.ask());
    const View view = session.view();
    CHECK(view.source == "fake");
    CHECK(view.notice.empty());
    CHECK(view.rate.value() == Approx(10));
    CHECK(view.slow_threshold_seconds == 0.2);
    REQUIRE(view.slow.size() == 1);
    CHECK(view.slow[0].name == "b");
    CHECK(session.is_fresh());
}

TEST_CASE("The exporter's own threshold is told where it is the higher one") {
    FakeFeed feed = quiet_feed();
    WatchSession session(feed, 0.05, minute());
    REQUIRE(session.ask());
    CHECK(session.view().slow_threshold_seconds == 0.1);
}

TEST_CASE("News are what came since the answer before, the oldest first") {
    FakeFeed feed = quiet_feed();
    feed.answers["/api/v1/slow"] = slow({{"old", 0.5}});
    WatchSession session(feed, 0.1, minute());
    REQUIRE(session.ask());
    CHECK(session.news().empty());
    feed.answers["/api/v1/slow"] = slow({{"c", 0.5}, {"b", 0.5}, {"quick", 0.05}, {"old", 0.5}});
    REQUIRE(session.ask());
    CHECK(session.news() == std::vector<std::string>{"t slow=500ms name=b", "t slow=500ms name=c"});
    REQUIRE(session.ask());
    CHECK(session.news().empty());
}

TEST_CASE("Alerts are asked for only as long as there is such a path") {
    FakeFeed feed = quiet_feed();
    WatchSession without(feed, 0.1, minute());
    REQUIRE(without.ask());
    REQUIRE(without.ask());
    CHECK(std::count(feed.asked.begin(), feed.asked.end(), "/api/v1/alerts") == 1);
    CHECK_FALSE(without.view().alerts);

    feed.answers["/api/v1/alerts"] = R"({"alerts": []})";
    WatchSession with(feed, 0.1, minute());
    REQUIRE(with.ask());
    CHECK(with.view().alerts);
    feed.answers["/api/v1/alerts"] = R"({"alerts": [{"time": "t", "event_type": "DGA"}]})";
    REQUIRE(with.ask());
    CHECK(with.view().alerts->size() == 1);
    CHECK(with.news() == std::vector<std::string>{"t alert=DGA"});
}

TEST_CASE("Alerts that can't be had for once are asked for again") {
    FakeFeed feed = quiet_feed();
    feed.answers["/api/v1/alerts"] = R"({"alerts": []})";
    WatchSession session(feed, 0.1, minute());
    REQUIRE(session.ask());
    feed.broken = "/api/v1/alerts";
    REQUIRE(session.ask());
    CHECK_FALSE(session.is_fresh());
    feed.broken.clear();
    feed.answers["/api/v1/alerts"] = R"({"alerts": [{"time": "t"}]})";
    REQUIRE(session.ask());
    CHECK(session.is_fresh());
    CHECK(session.view().alerts->size() == 1);
}

TEST_CASE("Who does not answer at first is an error at once") {
    FakeFeed feed = quiet_feed();
    feed.is_gone = true;
    WatchSession session(feed, 0.1, minute());
    CHECK_FALSE(session.ask());
    feed.is_gone = false;
    feed.answers["/api/v1/summary"] = "<html>";
    CHECK_FALSE(session.ask());
    feed = quiet_feed();
    feed.answers["/api/v1/slow"] = "[]";
    CHECK_FALSE(session.ask());
}

TEST_CASE("Who does not answer later is told of, with what was known, until he answers again") {
    FakeFeed feed = quiet_feed();
    WatchSession session(feed, 0.1, minute());
    REQUIRE(session.ask());
    feed.is_gone = true;
    REQUIRE(session.ask());
    CHECK(session.view().notice.find("ask x") != std::string::npos);
    CHECK(session.view().queries == 10);
    CHECK_FALSE(session.is_fresh());
    CHECK(session.news().empty());
    feed.is_gone = false;
    REQUIRE(session.ask());
    CHECK(session.view().notice.empty());
}
