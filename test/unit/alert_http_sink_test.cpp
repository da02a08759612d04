#include <catch2/catch.hpp>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <thread>

#include "exporter/alerts/http_sink.h"
#include "test/support/sample_alert.h"
#include "test/support/web_server.h"

using namespace dnsexp;
using namespace std::chrono_literals;
using test::answer;
using test::WebServer;

namespace {

// The batch's sequence numbers, as "[1,2]".
std::string numbers(const std::vector<Alert>& batch) {
    std::string text;
    for (const Alert& alert : batch) text += (text.empty() ? "[" : ",") + std::to_string(alert.sequence);
    return text + "]";
}

HttpSink sink_to(const std::string& url) {
    FetchRequest request;
    request.method = FetchMethod::post;
    request.url = url;
    request.headers = {"X-Token: t0p", "Content-Type: application/json"};
    return {Fetcher::make().value(), request, "the server", numbers};
}

const std::vector<Alert> two = {sample_alert(1), sample_alert(2)};
constexpr size_t body_of_two = std::string_view("[1,2]").size();

}  // namespace

TEST_CASE("A batch is posted as one body, with the configuration's headers") {
    WebServer server({answer("ok")}, body_of_two);
    const Delivery delivery = sink_to(server.url("/hook")).deliver(two, {});
    CHECK(delivery.delivered == 2);
    CHECK_FALSE(delivery.error);
    const std::string request = server.requests().at(0);
    CHECK(request.starts_with("POST /hook HTTP/1.1\r\n"));
    CHECK(request.find("\r\nX-Token: t0p\r\n") != std::string::npos);
    CHECK(request.find("\r\nContent-Type: application/json\r\n") != std::string::npos);
    CHECK(request.ends_with("\r\n\r\n[1,2]"));
}

TEST_CASE("What a server answers to success does not matter, however long it is") {
    WebServer server({answer(std::string(20 << 20, 'x'), "", "202 Accepted")}, body_of_two);
    CHECK(sink_to(server.url()).deliver(two, {}).delivered == 2);
}

TEST_CASE("A status decides whether alerts are tried again") {
    struct Case {
        const char* status;
        bool is_refused;
    };
    for (const Case& one : {Case{"500 Internal Server Error", false},
                            {"503 Busy", false},
                            {"302 Found", false},
                            {"408 Request Timeout", false},
                            {"429 Too Many Requests", false},
                            {"400 Bad Request", true},
                            {"413 Content Too Large", true},
                            {"422 Unprocessable Content", true},
                            {"401 Unauthorized", false},
                            {"404 Not Found", false}}) {
        INFO(one.status);
        WebServer server({answer("", "Retry-After: 7\r\n", one.status)}, body_of_two);
        const Delivery delivery = sink_to(server.url("/secret")).deliver(two, {});
        CHECK(delivery.delivered == 0);
        CHECK(delivery.is_refused == one.is_refused);
        CHECK(delivery.retry_after == 7s);
        REQUIRE(delivery.error);
        const std::string message = delivery.error->message();
        CHECK(message.find(std::string(one.status).substr(0, 3)) != std::string::npos);
        CHECK(message.find("the server") != std::string::npos);
        CHECK(message.find("secret") == std::string::npos);
    }
}

TEST_CASE("A server that is not there is an error that tells nothing of the URL's path") {
    std::string url;
    {
        const WebServer gone({});
        url = gone.url("/secret");
    }
    const Delivery delivery = sink_to(url).deliver(two, {});
    CHECK(delivery.delivered == 0);
    CHECK_FALSE(delivery.is_refused);
    REQUIRE(delivery.error);
    CHECK(delivery.error->message().find("secret") == std::string::npos);
}

TEST_CASE("A server that does not answer is left at once when the sink is to stop") {
    const WebServer server({""}, body_of_two);
    std::stop_source stop;
    std::jthread stopper([&] {
        std::this_thread::sleep_for(100ms);
        stop.request_stop();
    });
    const auto begin = std::chrono::steady_clock::now();
    const Delivery delivery = sink_to(server.url()).deliver(two, stop.get_token());
    REQUIRE(delivery.error);
    CHECK(delivery.error->errnum == ECANCELED);
    CHECK(std::chrono::steady_clock::now() - begin < 5s);
}
