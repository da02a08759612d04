#include "exporter/app/feed.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdlib>

#include "exporter/http/server.h"

using namespace dnsexp;
using namespace std::chrono_literals;

namespace {

HttpHandlers handlers_of(std::vector<ApiEndpoint> api) {
    HttpHandlers handlers;
    handlers.ready = handlers.healthy = [] { return true; };
    handlers.api = std::move(api);
    return handlers;
}

// An exporter's server with the paths of a test.
class Exporter {
  public:
    explicit Exporter(std::vector<ApiEndpoint> api) {
        auto server = HttpServer::make({{"127.0.0.1:0"}, "/metrics"}, handlers_of(std::move(api)));
        if (!server) throw std::runtime_error(server.error().message());
        server_ = std::move(server).value();
    }
    [[nodiscard]] std::string url() const { return "http://" + server_->addresses().at(0); }

  private:
    std::unique_ptr<HttpServer> server_;
};

ApiEndpoint echo(const std::string& path) {
    return {path, [path](std::string_view query) -> Result<std::string> {
                return path + "|" + std::string(query);
            }};
}

bool is_printable(const std::string& text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
}

}  // namespace

TEST_CASE("The exporter of this host is asked by loopback where it listens everywhere") {
    CHECK(local_url({":10153"}) == "http://127.0.0.1:10153");
    CHECK(local_url({"0.0.0.0:80", ":9"}) == "http://127.0.0.1:80");
    CHECK(local_url({"[::]:9"}) == "http://127.0.0.1:9");
    CHECK(local_url({"127.0.0.2:9"}) == "http://127.0.0.2:9");
    CHECK(local_url({"localhost:9"}) == "http://127.0.0.1:9");
    CHECK(local_url({"[::1]:9"}) == "http://[::1]:9");
    CHECK(local_url({"[fd00::1]:9"}) == "http://[fd00::1]:9");
    CHECK_FALSE(local_url({":0"}));
    CHECK_FALSE(local_url({"somewhere:9"}));
    CHECK_FALSE(local_url({}));
}

TEST_CASE("A feed answers with the body of the path and its query") {
    const Exporter exporter({echo("/api/v1/a"), echo("/api/v1/b")});
    for (const std::string end : {"", "/", "//"}) {
        const auto feed = make_http_feed(exporter.url() + end);
        REQUIRE(feed);
        CHECK(feed.value()->source() == exporter.url());
        for (int i = 0; i < 3; ++i) {
            auto answer = feed.value()->get("/api/v1/b?limit=3&after=4");
            REQUIRE(answer);
            CHECK(answer.value() == "/api/v1/b|limit=3&after=4");
        }
    }
}

TEST_CASE("A proxy of the environment is not asked for loopback") {
    const Exporter exporter({echo("/api/v1/a")});
    const char* const before = getenv("no_proxy");
    const std::string no_proxy = before != nullptr ? before : "";
    unsetenv("no_proxy");
    setenv("http_proxy", "http://127.0.0.1:1", 1);  // nobody listens there
    const auto feed = make_http_feed(exporter.url());
    REQUIRE(feed);
    CHECK(feed.value()->get("/api/v1/a"));
    unsetenv("http_proxy");
    if (before != nullptr) setenv("no_proxy", no_proxy.c_str(), 1);
}

TEST_CASE("A path that is not there is told apart from other errors") {
    const Exporter exporter({{"/api/v1/bad",
                              [](std::string_view) -> Result<std::string> {
                                  return Error{"use", "limit\x1b[2J", 0, "1..5", ""};
                              }},
                             {"/api/v1/worse", [](std::string_view) -> Result<std::string> {
                                  throw std::runtime_error("secret");
                              }}});
    const auto feed = make_http_feed(exporter.url());
    REQUIRE(feed);
    const auto missing = feed.value()->get("/api/v1/alerts");
    REQUIRE_FALSE(missing);
    CHECK(missing.error().errnum == ENOENT);
    const auto bad = feed.value()->get("/api/v1/bad");
    REQUIRE_FALSE(bad);
    CHECK(bad.error().errnum != ENOENT);
    CHECK(bad.error().message().find("400: use limit\\027[2J: 1..5") != std::string::npos);
    CHECK(is_printable(bad.error().message()));
    const auto worse = feed.value()->get("/api/v1/worse");
    REQUIRE_FALSE(worse);
    CHECK(worse.error().message().find("500: internal error") != std::string::npos);
}

TEST_CASE("Where nobody answers, the error says where and what to look at") {
    const auto feed = make_http_feed("http://127.0.0.1:1");
    REQUIRE(feed);
    const auto answer = feed.value()->get("/api/v1/summary");
    REQUIRE_FALSE(answer);
    CHECK(answer.error().errnum != ENOENT);
    CHECK(answer.error().message().find("http://127.0.0.1:1/") != std::string::npos);
    CHECK(answer.error().message().find("is the exporter running") != std::string::npos);
}

TEST_CASE("What is no URL makes no feed") {
    for (const char* url : {"", "http://", "127.0.0.1:1", "ftp://127.0.0.1/", "http://a b"})
        CHECK_FALSE(make_http_feed(url));
}

TEST_CASE("With a URL no other exporter is asked and no program loaded") {
    Flags flags;
    flags.command = Command::chains;
    flags.chains.url = "http://127.0.0.1:1";
    flags.watch.url = "http://127.0.0.1:2";
    const auto of_chains = make_feed(Config{}, flags);
    REQUIRE(of_chains);
    CHECK(of_chains.value()->source() == "http://127.0.0.1:1");
    flags.command = Command::watch;
    const auto of_watch = make_feed(Config{}, flags);
    REQUIRE(of_watch);
    CHECK(of_watch.value()->source() == "http://127.0.0.1:2");
}

TEST_CASE("Without a URL the exporter of this host is asked, if it is one") {
    const Exporter exporter(
        {{"/api/v1/summary", [](std::string_view) -> Result<std::string> { return std::string("{}"); }}});
    Flags flags;
    flags.command = Command::watch;
    flags.listen_addresses = {exporter.url().substr(sizeof "http://" - 1)};
    const auto feed = make_feed(Config{}, flags);
    REQUIRE(feed);
    CHECK(feed.value()->source() == exporter.url());
}

TEST_CASE("Failures are borne for five seconds from the first, and success forgives") {
    using Clock = std::chrono::steady_clock;
    const Error error{"ask", "x", 0, "gone", ""};
    const auto start = Clock::now();
    Patience patience;
    CHECK_FALSE(patience.failed(error, start));
    CHECK_FALSE(patience.failed(error, start + 4999ms));
    const auto last = patience.failed(error, start + 5s);
    REQUIRE(last);
    CHECK(last->detail == "gone");
    patience.worked();
    CHECK_FALSE(patience.failed(error, start + 100s));
    CHECK_FALSE(patience.failed(error, start + 104s));
    CHECK(patience.failed(error, start + 105s));
}
