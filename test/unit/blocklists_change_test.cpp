// Lists that change while names are matched: Blocklists::prepare() and apply().
#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "exporter/blocklist/blocklists.h"
#include "test/support/lists_in_use.h"
#include "test/support/temporary_folder.h"
#include "test/support/web_server.h"

using namespace dnsexp;
using namespace std::chrono_literals;
using test::answer;
using test::file_list;
using test::match;
using test::soon;
using test::WebServer;

namespace {

// Nothing is read again or asked again by itself while a test lasts.
constexpr BlocklistTiming kSlow{
    .settle = 20ms, .look = 600'000ms, .retry = 600'000ms, .feed_interval = std::chrono::milliseconds(1h)};

BlocklistConfig feed_list(const std::string& name, const std::string& url, uint32_t severity = 3) {
    return {name, "", url, BlocklistFormat::automatic, severity};
}

SecurityConfig config(std::vector<BlocklistConfig> lists) {
    SecurityConfig config;
    config.blocklists = std::move(lists);
    return config;
}

std::unique_ptr<Blocklists> make(const SecurityConfig& config, const BlocklistTiming& timing = kSlow) {
    auto made = Blocklists::make(config, timing);
    REQUIRE(made);
    return std::move(made).value();
}

void change(Blocklists& lists, const SecurityConfig& to) {
    auto prepared = lists.prepare(to);
    REQUIRE(prepared);
    (void)lists.apply(std::move(prepared).value());
}

}  // namespace

TEST_CASE("An unchanged feed keeps its table, counts and schedule through a change, and is not asked again") {
    const test::TemporaryFolder folder;
    folder.write("list", "b.example.com\n");
    WebServer server({answer("a.example.com\n", "ETag: \"1\"\r\n"), answer("", "", "304 Not Modified")});
    const auto lists = make(config({feed_list("feed", server.url(), 1)}));
    REQUIRE(soon([&] { return match(*lists, "a.example.com").has_value(); }));
    const BlocklistStatus before = lists->status()[0];
    change(*lists, config({file_list("file", folder.path("list")), feed_list("feed", server.url(), 2)}));
    const auto kept = match(*lists, "a.example.com");
    REQUIRE(kept);
    CHECK(kept->list == 1);
    CHECK(kept->list_name == "feed");
    CHECK(kept->severity == 2);
    CHECK(match(*lists, "b.example.com"));  // read before apply() came
    CHECK(lists->status()[0].entries == 1);
    CHECK(lists->status()[1].matches == before.matches + 1);
    CHECK(lists->status()[1].last_success >= before.last_success);
    std::this_thread::sleep_for(100ms);  // time to ask in vain
    CHECK(server.requests().size() == 1);
    lists->reload();
    REQUIRE(soon([&] { return server.requests().size() == 2; }));
    CHECK(server.requests()[1].find("\r\nIf-None-Match: \"1\"\r\n") != std::string::npos);
}

TEST_CASE("Removed lists match no more, and those that are left move up") {
    const test::TemporaryFolder folder;
    folder.write("one", "a.example.com\n");
    folder.write("two", "b.example.com\n");
    const BlocklistConfig one = file_list("one", folder.path("one")),
                          two = file_list("two", folder.path("two"));
    const auto lists = make(config({one, two}));
    REQUIRE(match(*lists, "b.example.com"));
    change(*lists, config({two}));
    CHECK_FALSE(match(*lists, "a.example.com"));
    const auto left = match(*lists, "b.example.com");
    REQUIRE(left);
    CHECK(left->list == 0);
    REQUIRE(lists->status().size() == 1);
    CHECK(lists->status()[0].matches == 2);
}

TEST_CASE("A list of the same name from elsewhere counts on, and keeps what it had until it was read") {
    const test::TemporaryFolder folder;
    folder.write("old", "a.example.com\n");
    const auto lists = make(config({file_list("list", folder.path("old"))}));
    REQUIRE(match(*lists, "a.example.com"));
    change(*lists, config({file_list("list", folder.path("missing"))}));
    CHECK(match(*lists, "a.example.com"));
    CHECK(lists->status()[0].update_failures == 1);
    CHECK(lists->status()[0].matches == 2);
    WebServer server({answer("b.example.com\n")});
    change(*lists, config({feed_list("list", server.url())}));
    CHECK(soon([&] { return match(*lists, "b.example.com").has_value(); }));
    CHECK_FALSE(match(*lists, "a.example.com"));
    folder.write("new", "c.example.com\n");
    change(*lists, config({file_list("list", folder.path("new"))}));
    CHECK(match(*lists, "c.example.com"));
    CHECK_FALSE(match(*lists, "b.example.com"));
    CHECK(lists->status()[0].matches >= 4);
    CHECK(lists->status()[0].update_failures == 1);
}

TEST_CASE("A prepared change that is thrown away changes nothing") {
    const test::TemporaryFolder folder;
    folder.write("old", "a.example.com\n");
    folder.write("new", "b.example.com\n");
    const auto lists = make(config({file_list("list", folder.path("old"))}));
    const uint64_t last_success = lists->status()[0].last_success;
    {
        const auto prepared = lists->prepare(config({file_list("list", folder.path("new"))}));
        REQUIRE(prepared);
        CHECK(match(*lists, "a.example.com"));
        CHECK_FALSE(match(*lists, "b.example.com"));
    }
    { REQUIRE(lists->prepare(config({file_list("list", folder.path("missing"))}))); }
    CHECK(match(*lists, "a.example.com"));
    CHECK(lists->status()[0].update_failures == 0);
    CHECK(lists->status()[0].last_success == last_success);
}

TEST_CASE("Lists that are switched off and on again count on") {
    const test::TemporaryFolder folder;
    folder.write("list", "a.example.com\n");
    SecurityConfig now = config({file_list("list", folder.path("list"))});
    now.threat_intel_enabled = false;
    const auto lists = make(now);  // without a thread yet
    CHECK_FALSE(match(*lists, "a.example.com"));
    for (uint64_t round = 1; round <= 2; ++round) {
        now.threat_intel_enabled = true;
        change(*lists, now);
        CHECK(match(*lists, "a.example.com"));
        CHECK(lists->status()[0].matches == round);
        now.threat_intel_enabled = false;
        change(*lists, now);
        CHECK_FALSE(match(*lists, "a.example.com"));
        CHECK(lists->status().empty());
    }
}

TEST_CASE("New files are followed") {
    const test::TemporaryFolder folder, other;
    folder.write("list", "a.example.com\n");
    other.write("first", "f.example.com\n");
    const auto lists = make(config({file_list("first", other.path("first"))}));
    change(*lists, config({file_list("first", other.path("first")), file_list("file", folder.path("list"))}));
    REQUIRE(match(*lists, "a.example.com"));
    std::this_thread::sleep_for(100ms);  // until the change has been looked at
    folder.replace("list", "b.example.com\n");
    CHECK(soon([&] { return match(*lists, "b.example.com").has_value(); }));
    CHECK(lists->status()[1].update_failures == 0);
}

TEST_CASE("The request for a feed that was removed ends, and the next list's comes at once") {
    WebServer silent({""}), server({answer("a.example.com\n")});
    const auto lists = make(config({feed_list("silent", silent.url())}));
    REQUIRE(soon([&] { return silent.requests().size() == 1; }));
    change(*lists, config({feed_list("feed", server.url())}));
    CHECK(soon([&] { return match(*lists, "a.example.com").has_value(); }));
}

TEST_CASE("A reader that never stops finds what all configurations have, while they change") {
    const test::TemporaryFolder folder;
    folder.write("kept", "always.example.com\n");
    for (const char* name : {"x", "y"}) {
        std::string text;
        for (int i = 0; i < 200; ++i) text += std::string(name) + std::to_string(i) + ".example.com\n";
        folder.write(name, text);
    }
    const BlocklistConfig kept = file_list("kept", folder.path("kept"));
    const auto lists = make(config({kept}));
    std::mutex pipeline;  // apply() comes between two matches, as in the pipeline
    std::atomic<bool> done{false};
    std::jthread changer([&] {
        for (int i = 0; i < 60; ++i) {
            auto prepared = lists->prepare(
                config({file_list(i % 3 == 0 ? "x" : "other", folder.path(i % 2 == 0 ? "x" : "y")), kept}));
            if (!prepared) continue;
            std::unique_lock lock(pipeline);
            const auto leaving = lists->apply(std::move(prepared).value());
            lock.unlock();
            folder.replace("kept", "always.example.com\nn" + std::to_string(i) + ".example.com\n");
            lists->reload();
        }
        done = true;
    });
    uint64_t missed = 0, matched = 0, last = 0;
    while (!done) {
        const std::lock_guard lock(pipeline);
        const auto found = match(*lists, "always.example.com");
        found && found->list_name == "kept" ? ++matched : ++missed;
        const uint64_t count = lists->status().back().matches;
        if (count < last) ++missed;
        last = count;
    }
    CHECK(missed == 0);
    CHECK(last == matched);
}
