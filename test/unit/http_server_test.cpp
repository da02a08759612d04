#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <zlib.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cerrno>
#include <thread>

#include "exporter/base/log.h"
#include "exporter/base/unique_fd.h"
#include "exporter/http/port_check.h"
#include "exporter/http/server.h"
#include "test/support/web_files.h"

using namespace dnsexp;

namespace {

constexpr int kTimeoutSeconds = 10;

// A plain client: it knows nothing of the server's code.
class Client {
  public:
    explicit Client(uint16_t port, int family = AF_INET)
        : fd_(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const timeval limit{kTimeoutSeconds, 0};
        setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        sockaddr_in v4{};
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        sockaddr_in6 v6{};
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        v6.sin6_addr = in6addr_loopback;
        const auto* address =
            family == AF_INET ? reinterpret_cast<sockaddr*>(&v4) : reinterpret_cast<sockaddr*>(&v6);
        connected = connect(fd_.get(), address, family == AF_INET ? sizeof v4 : sizeof v6) == 0;
    }

    void send(std::string_view bytes) { (void)::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); }

    // All that comes until the server closes.
    std::string read_all() {
        while (receive()) {
        }
        return std::move(buffer_);
    }

    // One response with a Content-Length.
    std::string read_response() {
        size_t head_end = 0;
        while ((head_end = buffer_.find("\r\n\r\n")) == std::string::npos)
            if (!receive()) return std::move(buffer_);
        const size_t length_at = buffer_.find("Content-Length: ") + 16;
        const size_t total = head_end + 4 + std::stoul(buffer_.substr(length_at));
        while (buffer_.size() < total)
            if (!receive()) return std::move(buffer_);
        std::string response = buffer_.substr(0, total);
        buffer_.erase(0, total);
        return response;
    }

    bool connected = false;

  private:
    bool receive() {
        char chunk[4096];
        const ssize_t size = recv(fd_.get(), chunk, sizeof chunk, 0);
        if (size <= 0) return false;
        buffer_.append(chunk, static_cast<size_t>(size));
        return true;
    }

    UniqueFd fd_;
    std::string buffer_;
};

std::string ask(uint16_t port, std::string_view method, std::string_view path,
                std::string_view headers = "") {
    Client client(port);
    client.send(std::string(method) + " " + std::string(path) +
                " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + std::string(headers) + "\r\n");
    return client.read_all();
}

int status_of(const std::string& response) {
    return response.rfind("HTTP/1.1 ", 0) == 0 ? std::stoi(response.substr(9, 3)) : 0;
}

std::string body_of(const std::string& response) {
    const size_t end = response.find("\r\n\r\n");
    return end == std::string::npos ? "(no body)" : response.substr(end + 4);
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

uint16_t port_of(const std::string& address) {
    return static_cast<uint16_t>(std::stoul(address.substr(address.rfind(':') + 1)));
}

std::string exposition(Scraper scraper) {
    std::string text = scraper == Scraper::collector ? "# collected\n" : "# read\n";
    text += "# TYPE dns_queries_total counter\n";
    for (int i = 0; i < 5000; ++i) text += "dns_queries_total{server=\"" + std::to_string(i) + "\"} 1\n";
    return text;
}

// One server for most cases: civetweb takes up to two seconds to stop.
uint16_t shared_port() {
    const auto echo = [](std::string_view query) -> Result<std::string> { return std::string(query); };
    static const auto server =
        HttpServer::make({{"127.0.0.1:0"}, "/metrics"},
                         {exposition, [] { return false; }, [] { return true; }, {{"/api/v1/echo", echo}}});
    return server ? port_of(server.value()->addresses().at(0)) : uint16_t{0};
}

std::string gunzip(const std::string& packed) {
    std::string out(1 << 20, '\0');
    z_stream stream{};
    REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    CHECK(inflate(&stream, Z_FINISH) == Z_STREAM_END);
    out.resize(stream.total_out);
    inflateEnd(&stream);
    return out;
}

}  // namespace

TEST_CASE("A scrape over TCP brings the whole exposition text") {
    const std::string response = ask(shared_port(), "GET", "/metrics?name=x");
    CHECK(status_of(response) == 200);
    CHECK(contains(response, "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    CHECK(contains(response,
                   "\r\nContent-Length: " + std::to_string(exposition(Scraper::reader).size()) + "\r\n"));
    CHECK(contains(response, "\r\nConnection: close\r\n"));
    CHECK(body_of(response) == exposition(Scraper::reader));
}

TEST_CASE("A gzipped scrape unpacks to the plain one, also with Accept-Encoding on two lines") {
    for (const char* headers :
         {"Accept-Encoding: gzip\r\n", "Accept-Encoding: br\r\naccept-encoding: gzip\r\n"}) {
        const std::string response = ask(shared_port(), "GET", "/metrics", headers);
        CHECK(contains(response, "\r\nContent-Encoding: gzip\r\n"));
        CHECK(contains(response, "\r\nVary: Accept-Encoding\r\n"));
        CHECK(gunzip(body_of(response)) == exposition(Scraper::reader));
    }
    const std::string refused = ask(shared_port(), "GET", "/metrics", "Accept-Encoding: gzip;q=0\r\n");
    CHECK_FALSE(contains(refused, "Content-Encoding"));
    CHECK(body_of(refused) == exposition(Scraper::reader));
}

TEST_CASE("A scrape that says how long it waits is a collector's") {
    const auto body = [](const char* headers) {
        return body_of(ask(shared_port(), "GET", "/metrics", headers));
    };
    CHECK(body("X-Prometheus-Scrape-Timeout-Seconds: 10\r\n") == exposition(Scraper::collector));
    CHECK(body("User-Agent: curl/7.88.1\r\n") == exposition(Scraper::reader));
}

TEST_CASE("HEAD brings the header of GET and no body") {
    const std::string response = ask(shared_port(), "HEAD", "/metrics");
    CHECK(status_of(response) == 200);
    CHECK(contains(response,
                   "\r\nContent-Length: " + std::to_string(exposition(Scraper::reader).size()) + "\r\n"));
    CHECK(body_of(response).empty());
}

TEST_CASE("Each endpoint and each refusal has its status over TCP") {
    CHECK(status_of(ask(shared_port(), "GET", "/")) == 200);
    CHECK(status_of(ask(shared_port(), "GET", "/-/healthy")) == 200);
    CHECK(status_of(ask(shared_port(), "GET", "/-/ready")) == 503);
    CHECK(status_of(ask(shared_port(), "GET", "/etc/passwd")) == 404);
    CHECK(status_of(ask(shared_port(), "GET", "/%6Detrics")) == 404);
    const std::string refused = ask(shared_port(), "POST", "/metrics", "Content-Length: 0\r\n");
    CHECK(status_of(refused) == 405);
    CHECK(contains(refused, "\r\nAllow: GET, HEAD\r\n"));
    CHECK(status_of(ask(shared_port(), "OPTIONS", "/metrics")) == 405);
    CHECK(contains(ask(shared_port(), "GET", "/nowhere"), "\r\nX-Content-Type-Options: nosniff\r\n"));
}

TEST_CASE("The API knows over TCP who asks, by which name, and for what") {
    const auto get = [](const std::string& head) {
        Client client(shared_port());
        client.send("GET /api/v1/echo?limit=1&role=x HTTP/1." + head + "Connection: close\r\n\r\n");
        return client.read_all();
    };
    CHECK(body_of(get("1\r\nHost: localhost:10153\r\n")) == "limit=1&role=x");
    CHECK(body_of(get("1\r\nHost: 127.0.0.1\r\n")) == "limit=1&role=x");
    CHECK(status_of(get("0\r\n")) == 200);
    CHECK(status_of(get("1\r\nHost: evil.example\r\n")) == 403);
    CHECK(status_of(get("1\r\nHost: localhost\r\nHost: evil.example\r\n")) >= 400);
    CHECK(contains(get("1\r\nHost: evil.example\r\n"), "HTTP/1.1 403 Forbidden\r\n"));
}

TEST_CASE("A connection serves several requests, one after the other and sent at once") {
    Client client(shared_port());
    client.send("GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n");
    const std::string first = client.read_response();
    CHECK(contains(first, "\r\nConnection: keep-alive\r\n"));
    CHECK(body_of(first) == "healthy\n");
    client.send(
        "GET /-/ready HTTP/1.1\r\nHost: x\r\n\r\nHEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(body_of(client.read_response()) == "not ready\n");
    CHECK(status_of(client.read_all()) == 200);
}

TEST_CASE("A request's body ends the connection and is never taken for the next request") {
    for (const char* request : {"GET /-/healthy HTTP/1.1\r\nHost: x\r\nContent-Length: 40\r\n\r\n",
                                "POST /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
        Client client(shared_port());
        client.send(std::string(request) + "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n");
        const std::string all = client.read_all();
        INFO(all);
        CHECK(contains(all, "\r\nConnection: close\r\n"));
        CHECK_FALSE(contains(all, "404"));
    }
}

TEST_CASE(
    "Malformed and oversized requests are refused, with the security headers, and the server lives on") {
    const std::string requests[] = {"\r\n\r\n\r\n",
                                    "NONSENSE\r\n\r\n",
                                    "GET /metrics HTTP/9.9\r\n\r\n",
                                    "GET metrics HTTP/1.1\r\n\r\n",
                                    std::string(20000, 'A'),
                                    "GET /" + std::string(20000, 'a') + " HTTP/1.1\r\n\r\n",
                                    std::string("GET /\0 HTTP/1.1\r\n\r\n", 20)};
    for (const std::string& request : requests) {
        Client client(shared_port());
        client.send(request);
        const std::string response = client.read_all();
        INFO(request.substr(0, 40));
        // A connection that is reset while the request is still on its way shows no response.
        if (response.empty()) continue;
        CHECK(status_of(response) >= 400);
        CHECK(contains(response, "X-Content-Type-Options: nosniff"));
        CHECK_FALSE(contains(response, "9.9"));
    }
    CHECK(status_of(ask(shared_port(), "GET", "/-/healthy")) == 200);
}

TEST_CASE("Fifty scrapes at once are all answered in full") {
    const std::string expected = exposition(Scraper::reader);
    const uint16_t port = shared_port();
    std::atomic<int> good = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 50; ++i)
        threads.emplace_back([&] {
            if (body_of(ask(port, "GET", "/metrics")) == expected) ++good;
        });
    for (std::thread& thread : threads) thread.join();
    CHECK(good == 50);
}

TEST_CASE("Eight clients that say nothing delay a scrape by the request timeout and no longer") {
    std::vector<std::unique_ptr<Client>> silent;
    for (int i = 0; i < 8; ++i) silent.push_back(std::make_unique<Client>(shared_port()));
    const auto start = std::chrono::steady_clock::now();
    CHECK(status_of(ask(shared_port(), "GET", "/-/healthy")) == 200);
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(8));
}

TEST_CASE("All addresses means both families, and the log can say what was bound") {
    const auto server =
        HttpServer::make({{":0", "127.0.0.1:0"}, "/m"}, {exposition, {}, [] { return true; }});
    REQUIRE(server);
    const auto addresses = server.value()->addresses();
    REQUIRE(addresses.size() == 2);
    CHECK(addresses[0].rfind(host_has_ipv6() ? "[::]:" : "0.0.0.0:", 0) == 0);
    CHECK(addresses[1].rfind("127.0.0.1:", 0) == 0);
    CHECK(status_of(ask(port_of(addresses[0]), "GET", "/m")) == 200);
    CHECK(status_of(ask(port_of(addresses[1]), "GET", "/m")) == 200);
    if (Client v6(port_of(addresses[0]), AF_INET6); host_has_ipv6() && v6.connected) {
        v6.send("GET /-/healthy HTTP/1.0\r\n\r\n");
        CHECK(body_of(v6.read_all()) == "healthy\n");
    }
}

TEST_CASE("A server on a taken port is an error that names the address") {
    const std::string taken = "127.0.0.1:" + std::to_string(shared_port());
    const auto second = HttpServer::make({{taken}, "/metrics"}, {exposition, {}, {}});
    REQUIRE_FALSE(second);
    CHECK(second.error().errnum == EADDRINUSE);
    CHECK(second.error().object == taken);
}

TEST_CASE("Bad options are errors before anything is bound") {
    CHECK(HttpServer::make({{"nonsense"}, "/metrics"}, {}).error().detail == "the port is missing");
    CHECK_FALSE(HttpServer::make({{}, "/metrics"}, {}));
    CHECK_FALSE(HttpServer::make({{"127.0.0.1:0"}, "metrics"}, {}));
}

TEST_CASE("A stopped server has let go of its port") {
    uint16_t port = 0;
    {
        const auto server = HttpServer::make({{"127.0.0.1:0"}, "/metrics"}, {exposition, {}, {}});
        REQUIRE(server);
        port = port_of(server.value()->addresses().at(0));
        CHECK(Client(port).connected);
    }
    CHECK_FALSE(Client(port).connected);
}

TEST_CASE("A web configuration guards each path but the probes, and its headers are on every response") {
    const WebFolder folder;
    folder.write("web.yml",
                 "basic_auth_users: {alice: $2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW}\n"
                 "http_server_config: {headers: {X-Frame-Options: deny}}\n");
    const auto server = HttpServer::make(
        {{"127.0.0.1:0"}, "/metrics", folder.path("web.yml")},
        {[](Scraper) { return std::string("up 1\n"); }, [] { return true; }, [] { return true; }});
    REQUIRE(server);
    CHECK_FALSE(server.value()->has_tls());
    const std::string address = server.value()->addresses().front();
    const auto port = static_cast<uint16_t>(std::stoul(address.substr(address.rfind(':') + 1)));
    const auto answer = [&](const std::string& line, const std::string& header) {
        Client client(port);
        client.send(line + "\r\nHost: x\r\nConnection: close\r\n" + header + "\r\n");
        const std::string text = client.read_all();
        CHECK(text.find("X-Frame-Options: deny\r\n") != std::string::npos);
        return text.substr(0, 12);
    };
    const std::string alice = "Authorization: Basic YWxpY2U6VSpV\r\n";  // alice:U*U
    CHECK(answer("GET /metrics HTTP/1.1", alice) == "HTTP/1.1 200");
    CHECK(answer("GET /metrics HTTP/1.1", "") == "HTTP/1.1 401");
    CHECK(answer("GET /nothing HTTP/1.1", "") == "HTTP/1.1 401");
    CHECK(answer("GET /-/ready HTTP/1.1", "") == "HTTP/1.1 200");
    CHECK(answer("GET /metrics HTTP/9.9", "") == "HTTP/1.1 505");
    const auto refused = HttpServer::make({{"127.0.0.1:0"}, "/metrics", folder.path("missing.yml")}, {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message().find("missing.yml") != std::string::npos);
}

TEST_CASE("A stream is chunked for HTTP/1.1, bare for 1.0, and a header alone for HEAD") {
    const auto open = [](std::string_view) -> Result<StreamBody> {
        return StreamBody([](const auto& write) {
            write("{}\n");
            write("");
            write("\n");
        });
    };
    const auto made = HttpServer::make(
        {{"127.0.0.1:0"}, "/metrics"},
        {exposition, [] { return true; }, [] { return true; }, {{"/api/v1/stream", {}, open}}});
    REQUIRE(made);
    const uint16_t port = port_of(made.value()->addresses().at(0));
    const auto answer = [&](std::string_view first_words, std::string_view version) {
        Client client(port);
        client.send(std::string(first_words) + " /api/v1/stream HTTP/" + std::string(version) +
                    "\r\nHost: 127.0.0.1\r\n\r\n");
        return client.read_all();
    };
    const std::string chunked = answer("GET", "1.1");
    CHECK(contains(chunked, "Transfer-Encoding: chunked\r\n"));
    CHECK_FALSE(contains(chunked, "Content-Length"));
    CHECK(body_of(chunked) == "3\r\n{}\n\r\n1\r\n\n\r\n0\r\n\r\n");
    const std::string bare = answer("GET", "1.0");
    CHECK_FALSE(contains(bare, "Transfer-Encoding"));
    CHECK(body_of(bare) == "{}\n\n");
    CHECK(body_of(answer("HEAD", "1.1")).empty());
}

TEST_CASE("A server that ends ends its streams as if they were complete") {
    std::atomic<bool> began = false;
    const auto open = [&](std::string_view) -> Result<StreamBody> {
        return StreamBody([&](const auto& write) {
            while (write("\n")) {
                began = true;
                std::this_thread::sleep_for(std::chrono::milliseconds(20));
            }
        });
    };
    auto made = HttpServer::make(
        {{"127.0.0.1:0"}, "/metrics"},
        {exposition, [] { return true; }, [] { return true; }, {{"/api/v1/stream", {}, open}}});
    REQUIRE(made);
    Client client(port_of(made.value()->addresses().at(0)));
    client.send("GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    for (int i = 0; i < 500 && !began; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    REQUIRE(began);
    made.value().reset();
    CHECK(client.read_all().ends_with("\r\n0\r\n\r\n"));
}
