#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
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

constexpr BlocklistTiming kFast{
    .settle = 20ms, .look = 10'000ms, .retry = 20ms, .feed_interval = std::chrono::milliseconds(20)};

std::unique_ptr<Blocklists> make(std::vector<BlocklistConfig> lists, const BlocklistTiming& timing = kFast) {
    SecurityConfig config;
    config.blocklists = std::move(lists);
    auto made = Blocklists::make(config, timing);
    REQUIRE(made);
    return std::move(made).value();
}

}  // namespace

TEST_CASE("Files are there before make returns; the most severe list is told, and each counts") {
    const test::TemporaryFolder folder;
    folder.write("low", "||example.com^\n");
    folder.write("high", "0.0.0.0 ads.example.com\n");
    folder.write("long", "0.0.0.0 ads.example.com\n0.0.0.0 x.org\n");
    const auto lists =
        make({file_list("low", folder.path("low"), 1), file_list("long", folder.path("long"), 2),
              file_list("high", folder.path("high"), 2), file_list("same", folder.path("low"), 2)});
    const auto both = match(*lists, "ads.example.com");
    REQUIRE(both);
    CHECK(both->list == 1);
    CHECK(both->list_name == "long");
    CHECK(both->severity == 2);
    CHECK(both->labels == 3);
    const auto below = match(*lists, "x.ads.example.com");
    REQUIRE(below);
    CHECK(below->list_name == "same");
    CHECK(below->labels == 2);
    CHECK_FALSE(match(*lists, "example.org"));
    CHECK_FALSE(match(*lists, ""));
    const auto status = lists->status();
    REQUIRE(status.size() == 4);
    CHECK(status[0].name == "low");
    CHECK(status[0].matches == 2);
    CHECK(status[1].matches == 1);
    CHECK(status[1].entries == 2);
    CHECK(status[3].matches == 2);
    CHECK(status[0].update_failures == 0);
    CHECK(status[0].last_success > 1'600'000'000);
}

TEST_CASE("Without lists, or with threat intelligence off, nothing matches") {
    const test::TemporaryFolder folder;
    folder.write("list", "a.example.com\n");
    for (const bool enabled : {true, false}) {
        SecurityConfig config;
        config.threat_intel_enabled = enabled;
        if (!enabled) config.blocklists = {file_list("list", folder.path("list"))};
        const auto lists = Blocklists::make(config).value();
        CHECK_FALSE(match(*lists, "a.example.com"));
        CHECK(lists->status().empty());
        lists->reload();
    }
}

TEST_CASE("A file that is replaced or written is read again by itself, and one that breaks stays as it was") {
    const test::TemporaryFolder folder;
    folder.write("list", "a.example.com\n");
    const auto lists = make({file_list("list", folder.path("list"))});
    REQUIRE(match(*lists, "a.example.com"));
    folder.replace("list", "b.example.com\nc.example.com\n");
    CHECK(soon([&] { return match(*lists, "b.example.com").has_value(); }));
    CHECK_FALSE(match(*lists, "a.example.com"));
    CHECK(lists->status()[0].entries == 2);
    folder.write("list", "d.example.com\n");
    CHECK(soon([&] { return match(*lists, "d.example.com").has_value(); }));

    for (const char* broken : {"<html>log in</html>\n", "# nothing left\n", ""}) {
        INFO(broken);
        const uint64_t failures = lists->status()[0].update_failures;
        folder.replace("list", broken);
        CHECK(soon([&] { return lists->status()[0].update_failures > failures; }));
        CHECK(match(*lists, "d.example.com"));
        CHECK(lists->status()[0].entries == 1);
    }
    const uint64_t failures = lists->status()[0].update_failures;
    std::filesystem::remove(folder.path("list"));
    CHECK(soon([&] { return lists->status()[0].update_failures > failures; }));
    CHECK(match(*lists, "d.example.com"));
    folder.write("list", "e.example.com\n");
    CHECK(soon([&] { return match(*lists, "e.example.com").has_value(); }));
}

TEST_CASE("A volume of Kubernetes, whose link to the data is swapped, is followed") {
    const test::TemporaryFolder folder;
    std::filesystem::create_directory(folder.path("..one"));
    std::filesystem::create_directory(folder.path("..two"));
    folder.write("..one/list", "a.example.com\n");
    folder.write("..two/list", "b.example.com\n");
    std::filesystem::create_symlink("..one", folder.path("..data"));
    std::filesystem::create_symlink("..data/list", folder.path("list"));
    const auto lists = make({file_list("list", folder.path("list"))});
    REQUIRE(match(*lists, "a.example.com"));
    std::filesystem::create_symlink("..two", folder.path("..data_tmp"));
    std::filesystem::rename(folder.path("..data_tmp"), folder.path("..data"));
    CHECK(soon([&] { return match(*lists, "b.example.com").has_value(); }));
}

TEST_CASE("A missing file keeps nothing from starting, and is found when it comes, its folder too") {
    const test::TemporaryFolder folder;
    auto timing = kFast;
    timing.look = 50ms;  // nothing tells of a folder that was not there
    const auto lists = make({file_list("list", folder.path("later/list"))}, timing);
    CHECK(lists->status()[0].update_failures >= 1);
    CHECK(lists->status()[0].last_success == 0);
    std::filesystem::create_directory(folder.path("later"));
    folder.write("later/list", "a.example.com\n");
    CHECK(soon([&] { return match(*lists, "a.example.com").has_value(); }));
    CHECK(lists->status()[0].last_success > 0);
}

TEST_CASE("A feed comes, is asked again, and keeps its last good list through failures") {
    WebServer server({answer("busy", "", "503 Busy"), answer("||a.example^\n", "ETag: \"1\"\r\n"),
                      answer("<html>log in</html>"), answer(""), answer("", "", "304 Not Modified"),
                      answer("||b.example^\n", "ETag: \"2\"\r\n"), ""});
    const auto lists = make({{"feed", "", server.url("/feed"), BlocklistFormat::automatic, 2}});
    CHECK(soon([&] { return match(*lists, "x.a.example").has_value(); }));
    CHECK(soon([&] { return server.requests().size() >= 5; }));
    CHECK(lists->status()[0].update_failures == 3);
    CHECK(soon([&] { return match(*lists, "x.b.example").has_value(); }));
    CHECK_FALSE(match(*lists, "a.example"));
    CHECK(soon([&] { return server.requests().size() == 7; }));
    const auto requests = server.requests();
    for (const size_t conditional : {2, 3, 4, 5})
        CHECK(requests[conditional].find("\r\nIf-None-Match: \"1\"\r\n") != std::string::npos);
    CHECK(requests[6].find("\r\nIf-None-Match: \"2\"\r\n") != std::string::npos);
}

TEST_CASE("A reload reads files and asks feeds at once") {
    const test::TemporaryFolder folder;
    folder.write("list", "a.example.com\n");
    WebServer server({answer("b.example.com\n"), answer("c.example.com\n")});
    auto timing = kFast;
    timing.feed_interval = 1h;
    const auto lists = make(
        {file_list("list", folder.path("list")), {"feed", "", server.url(), BlocklistFormat::automatic, 2}},
        timing);
    CHECK(soon([&] { return match(*lists, "b.example.com").has_value(); }));
    lists->reload();
    CHECK(soon([&] { return match(*lists, "c.example.com").has_value(); }));
    CHECK(match(*lists, "a.example.com"));
}

TEST_CASE("It ends at once while a feed is silent") {
    WebServer server({""});
    auto lists = make({{"feed", "", server.url(), BlocklistFormat::automatic, 2}});
    CHECK(soon([&] { return server.requests().size() == 1; }));
    const auto begin = std::chrono::steady_clock::now();
    lists.reset();
    CHECK(std::chrono::steady_clock::now() - begin < 2s);
}

TEST_CASE("A reader that never stops finds what all versions of a list have, while it is replaced") {
    const test::TemporaryFolder folder;
    const auto version = [](int number) {
        std::string text = "always.example.com\n";
        for (int i = 0; i < 200; ++i)
            text += "n" + std::to_string(number) + "-" + std::to_string(i) + ".example.com\n";
        return text;
    };
    folder.write("list", version(0));
    const auto lists = make({file_list("list", folder.path("list"))});
    size_t missed = 0, versions = 0;
    for (int number = 1; number <= 5; ++number) {
        folder.replace("list", version(number));
        const std::string last = "n" + std::to_string(number) + "-199.example.com";
        const auto end = std::chrono::steady_clock::now() + 10s;
        bool arrived = false;
        while (!arrived && std::chrono::steady_clock::now() < end) {
            if (!match(*lists, "always.example.com")) ++missed;
            arrived = match(*lists, last).has_value();
        }
        versions += arrived ? 1 : 0;
    }
    CHECK(missed == 0);
    CHECK(versions == 5);
}
