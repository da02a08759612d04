#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "exporter/alerts/alert_json.h"
#include "exporter/alerts/alertmanager_json.h"
#include "exporter/alerts/dispatcher.h"
#include "test/support/listeners.h"
#include "test/support/sample_alert.h"
#include "test/support/scratch_folder.h"
#include "test/support/web_server.h"

using namespace dnsexp;
using namespace std::chrono_literals;

namespace {

AlertDestination file(const std::string& path) {
    AlertDestination destination;
    destination.type = DestinationType::file;
    destination.path = path;
    return destination;
}

AlertDestination syslog(const std::string& address, const std::string& facility = "daemon") {
    AlertDestination destination;
    destination.type = DestinationType::syslog;
    destination.address = address;
    destination.facility = facility;
    return destination;
}

AlertDestination http(DestinationType type, const std::string& url) {
    AlertDestination destination;
    destination.type = type;
    destination.url = url;
    return destination;
}

AlertingConfig config(std::vector<AlertDestination> destinations) {
    AlertingConfig config;
    config.destinations = std::move(destinations);
    return config;
}

size_t count_lines(const std::string& path) {
    std::ifstream text(path);
    size_t count = 0;
    for (std::string line; std::getline(text, line);) ++count;
    return count;
}

template <typename Is>
bool wait(Is is) {
    for (int i = 0; i < 1'000 && !is(); ++i) std::this_thread::sleep_for(10ms);
    return is();
}

// As bodies have it.
std::string host() {
    char name[256] = {};
    gethostname(name, sizeof name - 1);
    return name;
}

// Of a server that never answers.
std::string silent_url(const Listener& silent) {
    return "http://127.0.0.1:" + std::to_string(silent.port());
}

constexpr SinkWorker::Delays quick{10ms, 20ms};

}  // namespace

TEST_CASE("Every destination gets each alert of the configured severity or above") {
    const ScratchFolder folder;
    const Listener log(SOCK_DGRAM);
    Alert alert = sample_alert(2);
    alert.severity = 2;
    test::WebServer hook({test::answer("")}, webhook_json({alert}, host()).size());
    test::WebServer manager({test::answer("")}, alertmanager_json({alert}, host(), 300, 0).size());
    auto made =
        AlertDispatcher::make(config({file(folder.path("alerts")),
                                      syslog("udp://127.0.0.1:" + std::to_string(log.port()), "local3"),
                                      http(DestinationType::webhook, hook.url("/hook")),
                                      http(DestinationType::alertmanager, manager.url("/am"))}),
                              quick);
    REQUIRE(made);
    const auto dispatcher = std::move(made).value();
    Alert weaker = sample_alert(1);
    weaker.severity = 1;
    dispatcher->send(weaker);
    dispatcher->send(alert);
    CHECK(wait([&] {
        for (const SinkStatus& status : dispatcher->status())
            if (status.delivered != 1) return false;
        return true;
    }));
    CHECK(count_lines(folder.path("alerts")) == 1);
    CHECK(Listener::receive(log.fd()).starts_with("<156>1 "));  // local3 (19) times 8, and warning (4)
    CHECK(hook.requests().at(0).starts_with("POST /hook HTTP/1.1\r\n"));
    CHECK(manager.requests().at(0).starts_with("POST /am/api/v2/alerts HTTP/1.1\r\n"));
}

TEST_CASE("A configured content type takes the place of the usual one") {
    test::WebServer hook({test::answer("")}, webhook_json({sample_alert()}, host()).size());
    AlertDestination destination = http(DestinationType::webhook, hook.url());
    destination.headers = {"content-TYPE: text/x-alerts"};
    const auto made = AlertDispatcher::make(config({destination}));
    REQUIRE(made);
    made.value()->send(sample_alert());
    REQUIRE(wait([&] { return made.value()->status()[0].delivered == 1; }));
    const std::string request = hook.requests().at(0);
    CHECK(request.find("\r\ncontent-TYPE: text/x-alerts\r\n") != std::string::npos);
    CHECK(request.find("application/json") == std::string::npos);
}

TEST_CASE("Names of destinations differ and hold nothing secret") {
    const auto made = AlertDispatcher::make(
        config({file("/nonexistent/a"), file("/nonexistent/a"), syslog("/nonexistent/log"),
                http(DestinationType::webhook, "https://me:word@Hooks.example.org/T0/secret?key=1"),
                http(DestinationType::alertmanager, "http://[::1]:9093/prefix")}));
    REQUIRE(made);
    std::vector<std::string> names;
    for (const SinkStatus& status : made.value()->status()) names.push_back(status.name);
    CHECK(names == std::vector<std::string>{"file:/nonexistent/a", "file:/nonexistent/a#2",
                                            "syslog:/nonexistent/log", "webhook:hooks.example.org:443",
                                            "alertmanager:[::1]:9093"});
}

TEST_CASE("A dispatcher without destinations takes alerts") {
    const auto made = AlertDispatcher::make({});
    REQUIRE(made);
    made.value()->send(sample_alert());
    CHECK(made.value()->status().empty());
}

TEST_CASE("An impossible destination is an error that says which one it is") {
    for (const AlertDestination& wrong :
         {file(""), syslog("nowhere"), syslog("/dev/log", "local8"),
          http(DestinationType::webhook, "ftp://a/"), http(DestinationType::alertmanager, "")}) {
        const auto made = AlertDispatcher::make(config({file("/nonexistent/a"), wrong}));
        REQUIRE_FALSE(made);
        CHECK(made.error().message().find("alerting.destinations[1]") == 0);
    }
}

TEST_CASE("Reopening follows a file that was renamed") {
    const ScratchFolder folder;
    const std::string path = folder.path("alerts");
    auto made = AlertDispatcher::make(config({file(path)}));
    REQUIRE(made);
    CHECK(wait([&] { return std::filesystem::exists(path); }));
    std::filesystem::rename(path, path + ".1");
    made.value()->reopen();
    CHECK(wait([&] { return std::filesystem::exists(path); }));  // before any alert
}

TEST_CASE("One destination that is down keeps no other from its alerts") {
    const ScratchFolder folder;
    const Listener silent(SOCK_STREAM);
    auto made = AlertDispatcher::make(config({http(DestinationType::webhook, silent_url(silent)),
                                              syslog(folder.path("no-log")), file(folder.path("alerts"))}));
    REQUIRE(made);
    const auto begin = std::chrono::steady_clock::now();
    for (uint64_t i = 1; i <= 5'000; ++i) made.value()->send(sample_alert(i));
    CHECK(std::chrono::steady_clock::now() - begin < 5s);
    CHECK(wait([&] {
        const SinkStatus status = made.value()->status()[2];
        return status.delivered + status.dropped == 5'000;
    }));
    CHECK(made.value()->status()[0].queued == SinkWorker::capacity);
    CHECK(made.value()->status()[1].queued == SinkWorker::capacity);
    CHECK(made.value()->status()[1].dropped == 5'000 - SinkWorker::capacity);
}

TEST_CASE("The end gives alerts two seconds to leave") {
    const ScratchFolder folder;
    const Listener silent(SOCK_STREAM);
    auto made = AlertDispatcher::make(
        config({http(DestinationType::webhook, silent_url(silent)), file(folder.path("alerts"))}));
    REQUIRE(made);
    for (uint64_t i = 1; i <= 500; ++i) made.value()->send(sample_alert(i));
    const auto begin = std::chrono::steady_clock::now();
    { const auto ended = std::move(made).value(); }
    const auto took = std::chrono::steady_clock::now() - begin;
    CHECK(took >= 2s);
    CHECK(took < 8s);
    CHECK(count_lines(folder.path("alerts")) == 500);
}
