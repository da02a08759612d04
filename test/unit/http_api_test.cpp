#include "exporter/http/api.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "exporter/base/log.h"
#include "exporter/http/router.h"

using namespace dnsexp;

namespace {

std::string header(const HttpResponse& response, std::string_view name) {
    for (const auto& [key, value] : response.headers)
        if (key == name) return value;
    return "(none)";
}

Result<std::string> echo(std::string_view query) {
    return "{\"query\":\"" + std::string(query) + "\"}\n";
}

Result<std::string> refuse(std::string_view query) {
    return Error{"use parameter", std::string(query), 0, "it is wrong", ""};
}

Router router() {
    return {"/metrics",
            {[](Scraper) { return std::string("up 1\n"); },
             [] { return true; },
             [] { return true; },
             {{"/api/v1/echo", echo}, {"/api/v1/refuse", refuse}}}};
}

// A request of somebody on this host.
HttpRequest local(std::string_view path, std::string_view host = "127.0.0.1:10153") {
    HttpRequest request{"GET", path, ""};
    request.host = host;
    request.from_loopback = true;
    return request;
}

std::string error_of(const HttpResponse& response) {
    CHECK(header(response, "Content-Type") == "application/json");
    return nlohmann::json::parse(response.body).at("error");
}

}  // namespace

TEST_CASE("The API answers this host in JSON, and hands the query on as it came") {
    HttpRequest request = local("/api/v1/echo");
    request.query = "limit=1&x=%20";
    const HttpResponse response = router().respond(request);
    CHECK(response.status == 200);
    CHECK(response.body == "{\"query\":\"limit=1&x=%20\"}\n");
    CHECK(header(response, "Content-Type") == "application/json");
    CHECK(header(response, "Content-Length") == std::to_string(response.body.size()));
}

TEST_CASE("Everybody else gets 403 and is told what to do, whatever he asks the API for") {
    for (const char* path : {"/api/v1/echo", "/api/v1/refuse", "/api/v1/nothing", "/api/"}) {
        INFO(path);
        HttpRequest request = local(path);
        request.from_loopback = false;
        for (const char* method : {"GET", "HEAD", "POST"}) {
            request.method = method;
            const HttpResponse response = router().respond(request);
            CHECK(response.status == 403);
            CHECK(error_of(response).find("ask from this host") != std::string::npos);
        }
    }
    CHECK(HttpRequest{"GET", "/", ""}.from_loopback == false);  // who does not say so is not
}

TEST_CASE("A page whose own name was led to this host by DNS gets 403") {
    for (const char* host :
         {"evil.example", "evil.example:10153", "127.0.0.1.evil.example", "evil.example,localhost"}) {
        INFO(host);
        const HttpResponse response = router().respond(local("/api/v1/echo", host));
        CHECK(response.status == 403);
        CHECK(error_of(response).find("localhost") != std::string::npos);
    }
    for (const char* host : {"", "localhost", "localhost:10153", "127.0.0.1", "[::1]:10153", "192.0.2.7"}) {
        INFO(host);
        CHECK(router().respond(local("/api/v1/echo", host)).status == 200);
    }
}

TEST_CASE("Who is authenticated may ask from anywhere and by any name") {
    HttpRequest request = local("/api/v1/echo", "exporter.example:10153");
    request.from_loopback = false;
    CHECK(router().respond(request).status == 403);
    request.authenticated = true;
    CHECK(router().respond(request).status == 200);
    request.from_loopback = true;
    CHECK(router().respond(request).status == 200);
}

TEST_CASE("The metrics and the states still answer everybody under every name") {
    HttpRequest request = local("/metrics", "exporter.example:10153");
    request.from_loopback = false;
    CHECK(router().respond(request).status == 200);
    request.path = "/-/healthy";
    CHECK(router().respond(request).status == 200);
}

TEST_CASE("No answer of the API invites other origins or caches, and each has the security headers") {
    HttpRequest stranger = local("/api/v1/echo");
    stranger.from_loopback = false;
    HttpRequest post = local("/api/v1/echo");
    post.method = "OPTIONS";
    for (const HttpRequest& request :
         {local("/api/v1/echo"), local("/api/v1/refuse"), local("/api/x"), stranger, post}) {
        INFO(request.path);
        const HttpResponse response = router().respond(request);
        CHECK(header(response, "Access-Control-Allow-Origin") == "(none)");
        CHECK(header(response, "Cache-Control") == "no-store");
        CHECK(header(response, "X-Content-Type-Options") == "nosniff");
        CHECK(header(response, "Content-Security-Policy").find("default-src 'none'") == 0);
    }
}

TEST_CASE("Paths of the API that are not there are 404 in JSON") {
    for (const char* path :
         {"/api/", "/api/v1", "/api/v1/", "/api/v1/echo/", "/api/v1/Echo", "/api/v2/echo"}) {
        INFO(path);
        const HttpResponse response = router().respond(local(path));
        CHECK(response.status == 404);
        CHECK(error_of(response) == "not found");
    }
}

TEST_CASE("The API takes GET and HEAD and says so") {
    for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "get"}) {
        HttpRequest request = local("/api/v1/echo");
        request.method = method;
        const HttpResponse response = router().respond(request);
        CHECK(response.status == 405);
        CHECK(header(response, "Allow") == "GET, HEAD");
        CHECK_FALSE(error_of(response).empty());
    }
    HttpRequest head = local("/api/v1/echo");
    head.method = "HEAD";
    CHECK(router().respond(head).status == 200);
}

TEST_CASE("What a handler refuses is 400 with its words, as valid JSON whatever the request held") {
    HttpRequest request = local("/api/v1/refuse");
    request.query = "\"\\\n\xff<";
    const HttpResponse response = router().respond(request);
    CHECK(response.status == 400);
    CHECK(error_of(response) == "use parameter \"\\\n\xef\xbf\xbd<: it is wrong");
}

TEST_CASE("A handler of the API that throws makes a 500 in JSON that keeps the reason for the log") {
    log_configure(LogLevel::error, LogFormat::logfmt);
    HttpHandlers handlers;
    handlers.api = {
        {"/api/a", [](std::string_view) -> Result<std::string> { throw std::runtime_error("secret"); }},
        {"/api/b", [](std::string_view) -> Result<std::string> { throw 7; }}};
    const Router throwing("/metrics", handlers);
    for (const char* path : {"/api/a", "/api/b"}) {
        const HttpResponse response = throwing.respond(local(path));
        CHECK(response.status == 500);
        CHECK(error_of(response) == "internal error; the log says more");
    }
    log_configure(LogLevel::info, LogFormat::logfmt);
}

TEST_CASE("The landing page links the API, and no telemetry path lies within it") {
    const std::string page = router().respond({"GET", "/", ""}).body;
    CHECK(page.find("<a href=\"/api/v1/echo\"") != std::string::npos);
    CHECK_FALSE(check_telemetry_path("/api/v1/metrics"));
    CHECK(check_telemetry_path("/apis"));
}

TEST_CASE("A stream is handed on without a length, and one too many is told so") {
    const auto open = [](std::string_view query) -> Result<StreamBody> {
        if (query == "wrong") return Error{"use parameter", "wrong", 0, "it is wrong", ""};
        if (query == "full") return StreamBody();
        return StreamBody([](const auto& write) { write("line\n"); });
    };
    const Router streams("/metrics", {[](Scraper) { return std::string(); },
                                      [] { return true; },
                                      [] { return true; },
                                      {{"/api/v1/stream", {}, open}}});
    HttpRequest request = local("/api/v1/stream");
    const HttpResponse response = streams.respond(request);
    CHECK(response.status == 200);
    CHECK(header(response, "Content-Type") == "application/x-ndjson");
    CHECK(header(response, "Content-Length") == "(none)");
    REQUIRE(response.stream);
    std::string text;
    response.stream([&](std::string_view line) {
        text += line;
        return true;
    });
    CHECK(text == "line\n");
    request.query = "wrong";
    CHECK(streams.respond(request).status == 400);
    request.query = "full";
    CHECK(streams.respond(request).status == 503);
    request.query = "";
    request.from_loopback = false;
    CHECK(streams.respond(request).status == 403);
}
