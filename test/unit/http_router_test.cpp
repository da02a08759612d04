#include <catch2/catch.hpp>
#include <stdexcept>

#include "exporter/base/log.h"
#include "exporter/http/router.h"

using namespace dnsexp;

namespace {

HttpHandlers working_handlers() {
    return {[](Scraper) { return std::string("up 1\n"); }, [] { return true; }, [] { return true; }};
}

std::string header(const HttpResponse& response, std::string_view name) {
    for (const auto& [key, value] : response.headers)
        if (key == name) return value;
    return "(none)";
}

HttpResponse get(const Router& router, std::string_view path, std::string_view accept = "") {
    return router.respond({"GET", path, accept});
}

}  // namespace

TEST_CASE("The telemetry path answers with the exposition text in Prometheus's content type") {
    const HttpResponse response = get(Router("/metrics", working_handlers()), "/metrics");
    CHECK(response.status == 200);
    CHECK(response.body == "up 1\n");
    CHECK(header(response, "Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
    CHECK(header(response, "Content-Length") == "5");
    CHECK(header(response, "Vary") == "Accept-Encoding");
    CHECK(header(response, "Content-Encoding") == "(none)");
}

TEST_CASE("A gzipped answer says so and has the length of what is sent") {
    const HttpResponse response = get(Router("/metrics", working_handlers()), "/metrics", "gzip");
    CHECK(header(response, "Content-Encoding") == "gzip");
    CHECK(header(response, "Vary") == "Accept-Encoding");
    CHECK(header(response, "Content-Length") == std::to_string(response.body.size()));
    CHECK(response.body != "up 1\n");
}

TEST_CASE("Healthy and ready answer 200 or 503 with one line of text") {
    bool healthy = true, ready = false;
    const Router router(
        "/metrics", {[](Scraper) { return std::string(); }, [&] { return ready; }, [&] { return healthy; }});
    CHECK(get(router, "/-/healthy").status == 200);
    CHECK(get(router, "/-/ready").status == 503);
    CHECK(get(router, "/-/ready").body == "not ready\n");
    healthy = false;
    ready = true;
    CHECK(get(router, "/-/healthy").status == 503);
    CHECK(get(router, "/-/ready").body == "ready\n");
}

TEST_CASE("Paths that are not served are 404, whatever the method and however they resemble one that is") {
    const Router router("/metrics", working_handlers());
    for (const char* path :
         {"/metrics/", "/Metrics", "/%6detrics", "//metrics", "/../metrics", "/-/", "/index.html", ""}) {
        INFO(path);
        CHECK(get(router, path).status == 404);
        CHECK(router.respond({"POST", path, ""}).status == 404);
    }
}

TEST_CASE("Methods other than GET and HEAD are 405 and the answer lists those that work") {
    const Router router("/metrics", working_handlers());
    for (const char* path : {"/", "/metrics", "/-/healthy", "/-/ready"}) {
        for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "get"}) {
            INFO(method << " " << path);
            const HttpResponse response = router.respond({method, path, ""});
            CHECK(response.status == 405);
            CHECK(header(response, "Allow") == "GET, HEAD");
        }
        CHECK(router.respond({"HEAD", path, ""}).status == 200);
    }
}

TEST_CASE("A reload is asked for by POST or PUT, and says how it went") {
    HttpHandlers handlers = working_handlers();
    Status outcome = ok();
    int reloads = 0;
    handlers.reload = [&] {
        ++reloads;
        return outcome;
    };
    const Router router("/metrics", handlers);
    for (const char* method : {"POST", "PUT"}) {
        const HttpResponse response = router.respond({method, "/-/reload", ""});
        CHECK(response.status == 200);
        CHECK(response.body == "reloaded\n");
    }
    CHECK(reloads == 2);
    outcome = Error{"read", "config.yaml", 0, "line 3: no such key", "did you mean capture?"};
    const HttpResponse failed = router.respond({"POST", "/-/reload", ""});
    CHECK(failed.status == 500);
    CHECK(failed.body.find("line 3: no such key") != std::string::npos);
    CHECK(header(failed, "Content-Type") == "text/plain; charset=utf-8");
}

TEST_CASE("A reload is not asked for by other methods, and not where the lifecycle API is off") {
    HttpHandlers handlers = working_handlers();
    const Router off("/metrics", handlers);
    for (const char* method : {"POST", "PUT"}) {
        CHECK(off.respond({method, "/-/reload", ""}).status == 403);
        CHECK(off.respond({method, "/-/reload", ""}).body.find("--web.enable-lifecycle") !=
              std::string::npos);
    }
    int reloads = 0;
    handlers.reload = [&] {
        ++reloads;
        return ok();
    };
    const Router on("/metrics", handlers);
    for (const char* method : {"GET", "HEAD", "DELETE", "post"}) {
        INFO(method);
        CHECK(on.respond({method, "/-/reload", ""}).status == 405);
        CHECK(off.respond({method, "/-/reload", ""}).status == 405);
        CHECK(header(on.respond({method, "/-/reload", ""}), "Allow") == "POST, PUT");
    }
    CHECK(reloads == 0);
    CHECK(on.respond({"POST", "/-/quit", ""}).status == 404);
}

TEST_CASE(
    "Files of the page are served whatever the Host header, and once more only when they have changed") {
    const Router router("/metrics", working_handlers());
    HttpRequest request{"GET", "/assets/live.js", ""};
    request.host = "exporter.example";
    const HttpResponse first = router.respond(request);
    CHECK(first.status == 200);
    CHECK(header(first, "Content-Length") == std::to_string(first.body.size()));
    const std::string tag = header(first, "ETag");
    request.if_none_match = tag;
    const HttpResponse second = router.respond(request);
    CHECK(second.status == 304);
    CHECK(second.body.empty());
    CHECK(header(second, "ETag") == tag);
    CHECK(header(second, "Content-Length") == "(none)");
    CHECK(router.respond({"POST", "/assets/live.js", ""}).status == 405);
    CHECK(get(router, "/assets/").status == 404);
    CHECK(get(router, "/assets/page.html").status == 404);
    CHECK(get(router, "/assets/../router.cpp").status == 404);
}

TEST_CASE("Every answer carries the security headers") {
    const Router router("/metrics", working_handlers());
    for (const char* path : {"/", "/metrics", "/-/healthy", "/assets/live.css", "/nowhere"}) {
        INFO(path);
        const HttpResponse response = get(router, path);
        CHECK(header(response, "X-Content-Type-Options") == "nosniff");
        CHECK(header(response, "Content-Security-Policy").find("default-src 'none'") == 0);
    }
}

TEST_CASE("A handler that throws makes a 500 that keeps the reason for the log") {
    log_configure(LogLevel::error, LogFormat::logfmt);
    const Router standard("/metrics",
                          {[](Scraper) -> std::string { throw std::runtime_error("secret"); }, {}, {}});
    const HttpResponse response = get(standard, "/metrics");
    CHECK(response.status == 500);
    CHECK(response.body.find("secret") == std::string::npos);
    CHECK(response.body.back() == '\n');
    CHECK(header(response, "Content-Type") == "text/plain; charset=utf-8");
    const Router odd("/metrics", {[](Scraper) -> std::string { throw 7; }, {}, {}});
    CHECK(get(odd, "/metrics").status == 500);
    log_configure(LogLevel::info, LogFormat::logfmt);
}

TEST_CASE("Without a metrics handler the telemetry path is 404 and the rest is served") {
    HttpHandlers handlers = working_handlers();
    handlers.metrics = nullptr;
    const Router router("/metrics", handlers);
    CHECK(get(router, "/metrics").status == 404);
    CHECK(get(router, "/-/healthy").status == 200);
    CHECK(get(router, "/").body.find("href=\"/metrics\"") == std::string::npos);
}

TEST_CASE("A telemetry path is absolute, plain and not another endpoint's") {
    CHECK(check_telemetry_path("/metrics"));
    CHECK(check_telemetry_path("/a/b-c._~1"));
    for (const char* path : {"", "metrics", "/", "/-/healthy", "/-/ready", "/-/reload", "/assets/x", "//host",
                             "/a b", "/a?b", "/a#b", "/%61", "/ä"}) {
        INFO(path);
        CHECK_FALSE(check_telemetry_path(path));
    }
}
