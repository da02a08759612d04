// Destinations that change while alerts come: AlertDispatcher::prepare() and apply().
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "exporter/alerts/alert_json.h"
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

AlertDestination hook(const std::string& url, const std::string& header = "",
                      DestinationType type = DestinationType::webhook) {
    AlertDestination destination;
    destination.type = type;
    destination.url = url;
    if (!header.empty()) destination.headers = {header};
    return destination;
}

AlertingConfig config(std::vector<AlertDestination> destinations) {
    AlertingConfig config;
    config.destinations = std::move(destinations);
    return config;
}

constexpr SinkWorker::Delays quick{10ms, 20ms};

std::unique_ptr<AlertDispatcher> make(const AlertingConfig& config) {
    auto made = AlertDispatcher::make(config, quick);
    REQUIRE(made);
    return std::move(made).value();
}

// What leaves, still on its way.
LeavingSinks change(AlertDispatcher& dispatcher, const AlertingConfig& to) {
    auto prepared = dispatcher.prepare(to);
    REQUIRE(prepared);
    return dispatcher.apply(std::move(prepared).value());
}

template <typename Is>
bool soon(Is is) {
    for (int i = 0; i < 1'000 && !is(); ++i) std::this_thread::sleep_for(10ms);
    return is();
}

size_t count_lines(const std::string& path) {
    std::ifstream text(path);
    size_t count = 0;
    for (std::string line; std::getline(text, line);) ++count;
    return count;
}

std::vector<std::string> names(const AlertDispatcher& dispatcher) {
    std::vector<std::string> names;
    for (const SinkStatus& status : dispatcher.status()) names.push_back(status.name);
    return names;
}

std::string silent_url(const Listener& silent) {
    return "http://127.0.0.1:" + std::to_string(silent.port());
}

}  // namespace

TEST_CASE("An alert that waits for an unchanged destination is delivered after a change of others") {
    const ScratchFolder folder;
    const std::string late = folder.path("late/alerts");  // its folder is not there yet
    const auto dispatcher = make(config({file(folder.path("gone")), file(late)}));
    dispatcher->send(sample_alert(1));
    REQUIRE(soon([&] { return dispatcher->status()[1].failed > 0; }));
    { const auto leaving = change(*dispatcher, config({file(late), file(folder.path("new"))})); }
    REQUIRE(dispatcher->status().size() == 2);
    CHECK(dispatcher->status()[0].queued == 1);
    CHECK(dispatcher->status()[0].failed > 0);
    dispatcher->send(sample_alert(2));
    std::filesystem::create_directory(folder.path("late"));
    CHECK(soon([&] { return dispatcher->status()[0].delivered == 2; }));
    CHECK(count_lines(late) == 2);
    CHECK(soon([&] { return dispatcher->status()[1].delivered == 1; }));
    CHECK(count_lines(folder.path("new")) == 1);
    CHECK(count_lines(folder.path("gone")) == 1);
}

TEST_CASE("A removed destination's alerts are written out, and nobody waits for it meanwhile") {
    const ScratchFolder folder;
    const Listener silent(SOCK_STREAM);
    const auto dispatcher = make(config({hook(silent_url(silent)), file(folder.path("alerts"))}));
    for (uint64_t i = 1; i <= 500; ++i) dispatcher->send(sample_alert(i));
    auto prepared = dispatcher->prepare(config({}));
    REQUIRE(prepared);
    const auto begin = std::chrono::steady_clock::now();
    {
        const auto leaving = dispatcher->apply(std::move(prepared).value());
        CHECK(dispatcher->status().empty());
        dispatcher->send(sample_alert(501));
        CHECK(std::chrono::steady_clock::now() - begin < 1s);
    }
    CHECK(std::chrono::steady_clock::now() - begin >= LeavingSinks::time_to_leave);  // of the silent one
    CHECK(std::chrono::steady_clock::now() - begin < 8s);
    CHECK(count_lines(folder.path("alerts")) == 500);
}

TEST_CASE("What can't be made leaves the old in force, and no trace") {
    const ScratchFolder folder;
    const auto dispatcher = make(config({file(folder.path("old"))}));
    const auto failed = dispatcher->prepare(config({file(folder.path("new")), file("")}));
    REQUIRE_FALSE(failed);
    CHECK(failed.error().message().find("alerting.destinations[1]") == 0);
    {
        const auto thrown_away = dispatcher->prepare(config({file(folder.path("new"))}));
        REQUIRE(thrown_away);
    }
    dispatcher->send(sample_alert());
    CHECK(soon([&] { return dispatcher->status()[0].delivered == 1; }));
    CHECK(names(*dispatcher) == std::vector<std::string>{"file:" + folder.path("old")});
    CHECK_FALSE(std::filesystem::exists(folder.path("new")));
}

TEST_CASE("Unchanged destinations keep their names, whatever numbers those have") {
    const std::string url = "http://127.0.0.1:1/";
    const auto dispatcher = make(config({hook(url, "A: 1"), hook(url, "A: 2"), hook(url, "A: 3")}));
    const std::string name = "webhook:127.0.0.1:1";
    CHECK(names(*dispatcher) == std::vector<std::string>{name, name + "#2", name + "#3"});
    { const auto leaving = change(*dispatcher, config({hook(url, "A: 3"), hook(url, "A: 2")})); }
    CHECK(names(*dispatcher) == std::vector<std::string>{name + "#3", name + "#2"});
    {
        const auto leaving =
            change(*dispatcher,
                   config({hook(url, "A: 4"), hook(url, "A: 5"), hook(url, "A: 2"), hook(url, "A: 3")}));
    }
    CHECK(names(*dispatcher) == std::vector<std::string>{name, name + "#4", name + "#2", name + "#3"});
}

TEST_CASE("A destination that takes over a name counts on, and what the old one loses is counted") {
    std::vector<std::string> answers(200, test::answer("", "", "503 Busy"));
    answers[0] = test::answer("");
    char host[256] = {};
    gethostname(host, sizeof host - 1);
    test::WebServer server(answers, webhook_json({sample_alert(1)}, host).size());
    const auto dispatcher = make(config({hook(server.url(), "Token: old")}));
    dispatcher->send(sample_alert(1));
    REQUIRE(soon([&] { return dispatcher->status()[0].delivered == 1; }));
    dispatcher->send(sample_alert(2));
    REQUIRE(soon([&] { return dispatcher->status()[0].failed > 0; }));
    const uint64_t failed = dispatcher->status()[0].failed;
    { const auto leaving = change(*dispatcher, config({hook(server.url(), "Token: new")})); }
    const SinkStatus status = dispatcher->status()[0];
    CHECK(status.delivered == 1);
    CHECK(status.failed >= failed);
    CHECK(status.dropped == 1);
    CHECK(status.queued == 0);
}

TEST_CASE("Another least severity holds from the next alert on") {
    const ScratchFolder folder;
    AlertingConfig now = config({file(folder.path("alerts"))});
    const auto dispatcher = make(now);
    Alert low = sample_alert();
    low.severity = 1;
    dispatcher->send(low);
    now.min_severity = 1;
    { const auto leaving = change(*dispatcher, now); }
    dispatcher->send(low);
    CHECK(soon([&] { return dispatcher->status()[0].delivered == 1; }));
    CHECK(count_lines(folder.path("alerts")) == 1);
}

TEST_CASE("Another window is told by alerts that waited already") {
    const Listener silent(SOCK_STREAM);
    AlertingConfig now = config({hook(silent_url(silent), "", DestinationType::alertmanager)});
    const auto dispatcher = make(now);
    now.window_seconds = 3'600;
    { const auto leaving = change(*dispatcher, now); }
    dispatcher->send(sample_alert());
    const UniqueFd connection = silent.accept();
    REQUIRE(connection.get() >= 0);
    std::string request;
    while (request.find("endsAt") == std::string::npos || request.find("]") == std::string::npos) {
        const std::string more = Listener::receive(connection.get());
        REQUIRE_FALSE(more.empty());
        request += more;
    }
    // The sample's time is long ago, so it lasts a window from now: an hour, less what passed until here.
    const size_t at = request.find("endsAt\":\"") + 9;
    std::tm ends{};
    REQUIRE(strptime(request.substr(at, 19).c_str(), "%Y-%m-%dT%H:%M:%S", &ends) != nullptr);
    const double left = std::difftime(timegm(&ends), std::time(nullptr));
    CHECK(left > 3'500);
    CHECK(left <= 3'600);
}

TEST_CASE("Alerts that come from one thread while another one changes destinations reach an unchanged one") {
    const ScratchFolder folder;
    const auto dispatcher = make(config({file(folder.path("kept"))}));
    std::atomic<bool> done{false};
    std::jthread changer([&] {
        for (int i = 0; i < 40; ++i) {
            auto prepared = dispatcher->prepare(
                i % 2 == 0 ? config({file(folder.path("other")), file(folder.path("kept"))})
                           : config({file(folder.path("kept"))}));
            if (prepared) (void)dispatcher->apply(std::move(prepared).value());
            dispatcher->reopen();
        }
        done = true;
    });
    uint64_t sent = 0;
    while (!done) {
        // So many fit into the queue, whatever the disk does.
        if (dispatcher->status().back().queued < SinkWorker::capacity / 2)
            dispatcher->send(sample_alert(++sent));
    }
    changer.join();
    CHECK(soon([&] { return dispatcher->status().back().delivered == sent; }));
    CHECK(count_lines(folder.path("kept")) == sent);
}
