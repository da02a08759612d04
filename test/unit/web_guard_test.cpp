#include "exporter/web/web_guard.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <thread>

#include "exporter/base/log.h"
#include "test/support/web_files.h"

using namespace dnsexp;

namespace {

const std::string kTls = "tls_server_config: {cert_file: server.crt, key_file: server.key}\n";
// "alice:U*U" and its hash, by Openwall.
const std::string kUsers =
    "basic_auth_users: {alice: $2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW}\n";
constexpr const char* kAlice = "Basic YWxpY2U6VSpV";

std::unique_ptr<WebGuard> guard_of(const WebFolder& folder, const std::string& text) {
    log_configure(LogLevel::error, LogFormat::logfmt);
    folder.write("web.yml", text);
    auto guard = WebGuard::make(folder.path("web.yml"));
    if (!guard) FAIL(guard.error().message());
    return std::move(guard).value();
}

WebRequest request(const char* authorization) {
    WebRequest request;
    request.authorization = authorization;
    request.peer = "192.0.2.1";
    return request;
}

bool comes_true(const std::function<bool()>& condition) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (std::chrono::steady_clock::now() < limit) {
        if (condition()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

std::string value_of(const WebVerdict& verdict, std::string_view name) {
    for (const auto& [key, value] : verdict.headers)
        if (key == name) return value;
    return "(none)";
}

std::string name_of_server(const WebGuard& guard) {
    SslContext client(SSL_CTX_new(TLS_client_method()));
    return shake_hands(static_cast<SSL_CTX*>(guard.tls_context()), client.get()).server_name;
}

}  // namespace

TEST_CASE("An empty file lets all through, and nobody is authenticated") {
    const WebFolder folder;
    const auto guard = guard_of(folder, "");
    CHECK(guard->tls_context() == nullptr);
    const WebVerdict verdict = guard->judge(request(kAlice));
    CHECK(verdict.refused == 0);
    CHECK_FALSE(verdict.authenticated);
}

TEST_CASE("Users are asked for their password, probes are not") {
    const WebFolder folder;
    const auto guard = guard_of(folder, kUsers + "http_server_config: {headers: {X-Frame-Options: deny}}\n");
    const WebVerdict good = guard->judge(request(kAlice));
    CHECK(good.refused == 0);
    CHECK(good.authenticated);
    CHECK(value_of(good, "WWW-Authenticate") == "(none)");
    for (const char* wrong : {"", "Basic YWxpY2U6VSpW", "Bearer x"}) {
        const WebVerdict verdict = guard->judge(request(wrong));
        CHECK(verdict.refused == 401);
        CHECK_FALSE(verdict.authenticated);
        CHECK(value_of(verdict, "WWW-Authenticate") == "Basic");
        CHECK(value_of(verdict, "X-Frame-Options") == "deny");
    }
    WebRequest probe = request("");
    probe.is_probe = true;
    CHECK(guard->judge(probe).refused == 0);
}

TEST_CASE("What comes too often is refused, but for probes") {
    const WebFolder folder;
    const auto guard = guard_of(folder, "rate_limit: {interval: 1h, burst: 1}\n");
    CHECK(guard->judge(request("")).refused == 0);
    CHECK(guard->judge(request("")).refused == 429);
    WebRequest probe = request("");
    probe.is_probe = true;
    CHECK(guard->judge(probe).refused == 0);
    // A change of something else fills no bucket.
    folder.write(
        "web.yml",
        "rate_limit: {interval: 1h, burst: 1}\nhttp_server_config: {headers: {X-XSS-Protection: 1}}\n");
    REQUIRE(comes_true([&] { return !guard->headers().empty(); }));
    CHECK(guard->judge(request("")).refused == 429);
}

TEST_CASE("A changed file is in force soon, a broken one never") {
    const WebFolder folder;
    const auto guard = guard_of(folder, "");
    REQUIRE(guard->judge(request("")).refused == 0);
    folder.write("web.yml", kUsers);
    CHECK(comes_true([&] { return guard->judge(request("")).refused == 401; }));
    folder.write("web.yml", "basic_auth_users: {alice: junk}\n");
    std::this_thread::sleep_for(std::chrono::milliseconds(300));  // three times what it takes to settle
    CHECK(guard->judge(request("")).refused == 401);
    CHECK(guard->judge(request(kAlice)).refused == 0);
    folder.write("web.yml", "");
    CHECK(comes_true([&] { return guard->judge(request("")).refused == 0; }));
}

TEST_CASE("TLS is not switched on or off by a changed file") {
    const WebFolder folder;
    const auto plain = guard_of(folder, "");
    folder.write("web.yml", kTls + kUsers);
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    CHECK(plain->judge(request("")).refused == 0);
    CHECK(plain->tls_context() == nullptr);
    const auto secure = guard_of(folder, kTls);
    folder.write("web.yml", kUsers);
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    CHECK(secure->judge(request("")).refused == 0);
    CHECK(name_of_server(*secure) == "one");
}

TEST_CASE("The next handshake has the new certificate, and a broken one changes nothing") {
    const WebFolder folder;
    const auto guard = guard_of(folder, kTls);
    CHECK(name_of_server(*guard) == "one");
    folder.write_certificate("server", "two");
    CHECK(comes_true([&] { return name_of_server(*guard) == "two"; }));
    folder.write("server.key", "junk");
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    CHECK(name_of_server(*guard) == "two");
    folder.write_certificate("server", "three");
    CHECK(comes_true([&] { return name_of_server(*guard) == "three"; }));
}

TEST_CASE("A web configuration that can't be used is told in full") {
    const WebFolder folder;
    folder.write("web.yml", "a: 1\nb: 2\n");
    CHECK(check_web_config(folder.path("web.yml")).size() == 2);
    const auto guard = WebGuard::make(folder.path("web.yml"));
    REQUIRE_FALSE(guard);
    CHECK(guard.error().message().find("web.yml:1: a:") != std::string::npos);
    CHECK(guard.error().message().find("web.yml:2: b:") != std::string::npos);
    folder.write("web.yml", "tls_server_config: {cert_file: server.crt, key_file: none}\n");
    const auto problems = check_web_config(folder.path("web.yml"));
    REQUIRE(problems.size() == 1);
    CHECK(problems.front().find("web.yml: tls_server_config.key_file: read file") != std::string::npos);
    folder.write("web.yml", kTls);
    CHECK(check_web_config(folder.path("web.yml")).empty());
}
