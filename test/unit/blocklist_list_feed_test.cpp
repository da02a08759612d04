#include <catch2/catch.hpp>
#include <string>

#include "exporter/blocklist/list_feed.h"
#include "test/support/blocklist_text.h"
#include "test/support/web_server.h"

using namespace dnsexp;
using namespace std::chrono_literals;
using test::answer;
using test::WebServer;

namespace {

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

struct Asked {
    explicit Asked(std::vector<std::string> answers) : server(std::move(answers)) {}
    ListFeed::Answer ask() { return feed.ask(*fetcher, {}); }

    WebServer server;
    std::unique_ptr<Fetcher> fetcher = Fetcher::make().value();
    ListFeed feed{server.url("/list?key=secret"), BlocklistFormat::automatic, test::list_seed};
};

const std::string kTag = "ETag: \"v1\"\r\nLast-Modified: Mon, 23 Nov 2026 00:00:00 GMT\r\n";

}  // namespace

TEST_CASE("A feed asks for what is newer than the list that was accepted, and for nothing else") {
    Asked asked({answer("a.example.com\n", kTag), answer("b.example.com\n", kTag),
                 answer("", "", "304 Not Modified"), answer("c.example.com\n", "")});
    auto first = asked.ask();
    REQUIRE(first.list);
    REQUIRE(*first.list);
    CHECK(test::holds(first.list->value(), "a.example.com"));
    (void)asked.ask();  // the first was not accepted
    asked.feed.accepted();
    CHECK_FALSE(asked.ask().list);
    (void)asked.ask();
    const auto requests = asked.server.requests();
    REQUIRE(requests.size() == 4);
    CHECK(requests[0].starts_with("GET /list?key=secret HTTP/1.1\r\n"));
    for (const size_t plain : {0, 1}) CHECK_FALSE(contains(requests[plain], "If-"));
    for (const size_t conditional : {2, 3}) {
        CHECK(contains(requests[conditional], "\r\nIf-None-Match: \"v1\"\r\n"));
        CHECK(contains(requests[conditional], "\r\nIf-Modified-Since: Mon, 23 Nov 2026 00:00:00 GMT\r\n"));
    }
}

TEST_CASE("A 304 to a request without a condition is an error") {
    Asked asked({answer("", "", "304 Not Modified")});
    const auto first = asked.ask();
    REQUIRE(first.list);
    CHECK(contains(first.list->error().message(), "HTTP status 304"));
}

TEST_CASE("Failures name the URL without its secrets, and keep the server's wish") {
    Asked asked({answer("no", "Retry-After: 7\r\n", "503 Busy"), answer("", "", "404 Not Found"),
                 "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\na.example.com\n",
                 answer("<html>log in</html>")});
    const auto busy = asked.ask();
    REQUIRE(busy.list);
    CHECK(contains(busy.list->error().message(), "/list: HTTP status 503"));
    CHECK(busy.retry_after == 7s);
    CHECK(contains(asked.ask().list->error().message(), "404"));
    CHECK_FALSE(*asked.ask().list);  // it broke off
    const auto page = asked.ask();
    CHECK(contains(page.list->error().message(), "HTML"));
    CHECK_FALSE(contains(page.list->error().message(), "secret"));
}

TEST_CASE("A redirect is followed to the same server only") {
    Asked within({answer("", "Location: /there\r\n", "302 Found"), answer("a.example.com\n")});
    const auto there = within.ask();
    REQUIRE(there.list);
    CHECK(*there.list);
    CHECK(within.server.requests()[1].starts_with("GET /there "));

    WebServer other({answer("a.example.com\n")});
    for (const std::string& target : {other.url(), std::string("file:///etc/hosts")}) {
        Asked away({answer("", "Location: " + target + "\r\n", "301 Moved")});
        const auto refused = away.ask();
        REQUIRE(refused.list);
        CHECK_FALSE(*refused.list);
    }
    CHECK(other.requests().empty());
}

TEST_CASE("A feed that is too large is refused") {
    std::string text(ListFeed::most_octets + 1, '\n');
    Asked asked({answer(text)});
    const auto large = asked.ask();
    REQUIRE(large.list);
    REQUIRE_FALSE(*large.list);
    CHECK(contains(large.list->error().message(), "larger than 64 MiB"));
}
