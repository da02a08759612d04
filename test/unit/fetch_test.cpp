#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "exporter/fetch/fetch.h"
#include "test/support/web_server.h"

using namespace dnsexp;
using dnsexp::test::answer;
using Server = dnsexp::test::WebServer;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

std::unique_ptr<Fetcher> fetcher() {
    return Fetcher::make().value();
}

FetchRequest get(const std::string& url) {
    FetchRequest request;
    request.url = url;
    request.total_timeout = 10s;
    return request;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("fetch gives status, body and the headers that its users need") {
    Server server({answer("abc", "ETag: \"v1\"\r\nLast-Modified: Mon, 23 Nov 2026 00:00:00 GMT\r\n"),
                   answer("", "Retry-After: 7\r\netag: " + std::string(1'025, 'x') + "\r\n", "503 Busy")});
    const auto client = fetcher();
    auto request = get(server.url("/feed?key=1"));
    request.headers = {"If-None-Match: \"v0\""};
    const auto first = client->fetch(request);
    REQUIRE(first);
    CHECK(first.value().status == 200);
    CHECK(first.value().body == "abc");
    CHECK(first.value().etag == "\"v1\"");
    CHECK(first.value().last_modified == "Mon, 23 Nov 2026 00:00:00 GMT");
    CHECK_FALSE(first.value().retry_after);
    const auto second = client->fetch(request);
    REQUIRE(second);
    CHECK(second.value().status == 503);
    CHECK(second.value().retry_after == 7s);
    CHECK(second.value().etag.empty());
    const auto requests = server.requests();
    CHECK(requests[0].starts_with("GET /feed?key=1 HTTP/1.1\r\n"));
    CHECK(contains(requests[0], "\r\nIf-None-Match: \"v0\"\r\n"));
}

TEST_CASE("fetch posts a body of any octets, without waiting for a 100 Continue") {
    const std::string body(2'000'000, '\0');
    Server server({answer("done")}, body.size());
    auto request = get(server.url());
    request.method = FetchMethod::post;
    request.headers = {"Content-Type: application/json"};
    request.body = body;
    const auto response = fetcher()->fetch(request);
    REQUIRE(response);
    CHECK(response.value().body == "done");
    const std::string sent = server.requests()[0];
    CHECK(sent.starts_with("POST / HTTP/1.1\r\n"));
    CHECK(contains(sent, "\r\nContent-Length: 2000000\r\n"));
    CHECK_FALSE(contains(sent, "Expect"));
    CHECK(sent.ends_with(body));
}

TEST_CASE("fetch bounds the body and the headers") {
    Server server({answer("12345"), answer("123456"), answer("", "X: " + std::string(66'000, 'x') + "\r\n")});
    auto request = get(server.url());
    request.max_body = 5;
    CHECK(fetcher()->fetch(request).value().body == "12345");
    CHECK(fetcher()->fetch(request).error().errnum == EFBIG);
    CHECK_FALSE(fetcher()->fetch(request));
}

TEST_CASE("A response that breaks off is an error") {
    Server server({"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n123"});
    CHECK_FALSE(fetcher()->fetch(get(server.url())));
}

TEST_CASE(
    "A redirect is the answer unless redirects are allowed, and then stays within its origin and number") {
    const std::string moved = answer("", "Location: /b\r\n", "302 Found");
    auto request = get("");

    Server plain({moved});
    request.url = plain.url();
    CHECK(fetcher()->fetch(request).value().status == 302);

    Server within({moved, answer("there")});
    request.url = within.url();
    request.max_redirects = 1;
    CHECK(fetcher()->fetch(request).value().body == "there");
    CHECK(within.requests()[1].starts_with("GET /b "));

    Server endless({moved, moved, answer("never")});
    request.url = endless.url();
    CHECK(contains(fetcher()->fetch(request).error().message(), "too many redirects"));

    Server other({answer("never")});
    Server away({answer("", "Location: " + other.url() + "\r\n", "301 Moved")});
    request.url = away.url();
    CHECK(contains(fetcher()->fetch(request).error().message(), "redirected to another host"));
    CHECK(other.requests().empty());

    Server file({answer("", "Location: file:///etc/hostname\r\n", "301 Moved")});
    request.url = file.url();
    CHECK_FALSE(fetcher()->fetch(request));
}

TEST_CASE("A stop ends a silent request at once, and a time limit ends it in time") {
    Server server({"", "", ""});
    auto request = get(server.url());
    const auto client = fetcher();

    // Later than libcurl's own first timers, which would notice it by chance.
    std::stop_source source;
    Clock::time_point stopped;
    std::jthread stopper([&] {
        std::this_thread::sleep_for(400ms);
        stopped = Clock::now();
        source.request_stop();
    });
    CHECK(client->fetch(request, source.get_token()).error().errnum == ECANCELED);
    CHECK(Clock::now() - stopped < 200ms);

    request.total_timeout = 150ms;
    auto begin = Clock::now();
    CHECK(client->fetch(request).error().errnum == ETIMEDOUT);
    CHECK(Clock::now() - begin < 1s);

    request.total_timeout = 0ms;
    request.idle_timeout = 150ms;
    begin = Clock::now();
    CHECK(client->fetch(request).error().errnum == ETIMEDOUT);
    CHECK(Clock::now() - begin >= 150ms);
    CHECK(Clock::now() - begin < 1s);
}

TEST_CASE("A stream's body goes to the sink, and that of an error into the response") {
    Server server({answer("a\nb\n"), answer("why", "", "410 Gone"), answer("much")});
    std::string got;
    int starts = 0;
    bool enough = false;
    const FetchSink sink{[&] { ++starts; },
                         [&](std::string_view piece) {
                             got += piece;
                             return !enough;
                         }};
    const auto client = fetcher();
    const auto whole = client->stream(get(server.url()), sink);
    REQUIRE(whole);
    CHECK(whole.value().body.empty());
    CHECK_FALSE(whole.value().stopped);
    CHECK(got == "a\nb\n");
    CHECK(starts == 1);
    const auto gone = client->stream(get(server.url()), sink);
    CHECK(gone.value().status == 410);
    CHECK(gone.value().body == "why");
    CHECK(starts == 1);
    enough = true;
    const auto cut = client->stream(get(server.url()), sink);
    REQUIRE(cut);
    CHECK(cut.value().stopped);
}

TEST_CASE("A bearer token is read for each request, and never sent in the clear to another host") {
    char pattern[] = "/tmp/dnsexp-bearer-XXXXXX";
    const std::string folder = mkdtemp(pattern);
    const auto write = [&](const char* token) { std::ofstream(folder + "/token") << token; };
    Server server({answer(""), answer("")});
    auto request = get(server.url());
    request.bearer_token_file = folder + "/token";
    const auto client = fetcher();
    write("one\n");
    CHECK(client->fetch(request));
    write("two\n");
    CHECK(client->fetch(request));
    CHECK(contains(server.requests()[0], "\r\nAuthorization: Bearer one\r\n"));
    CHECK(contains(server.requests()[1], "\r\nAuthorization: Bearer two\r\n"));
    request.url = "http://192.0.2.1/";  // TEST-NET-1: refused before any packet
    const auto begin = Clock::now();
    CHECK(contains(client->fetch(request).error().message(), "in the clear"));
    CHECK(Clock::now() - begin < 1s);
    std::filesystem::remove_all(folder);
}

TEST_CASE("What can't be a request is refused, and errors keep the URL's secrets") {
    auto request = get("http://127.0.0.1:1/");
    request.headers = {"X: a\r\nY: b"};
    CHECK(fetcher()->fetch(request).error().errnum == EINVAL);
    const auto refused = fetcher()->fetch(get("http://user:secret@127.0.0.1:1/path?key=secret"));
    REQUIRE_FALSE(refused);
    CHECK(contains(refused.error().message(), "http://127.0.0.1:1/path"));
    CHECK_FALSE(contains(refused.error().message(), "secret"));
    for (const char* url : {"file:///etc/hostname", "dict://127.0.0.1/", "127.0.0.1/"}) {
        INFO(url);
        CHECK_FALSE(fetcher()->fetch(get(url)));
    }
}
