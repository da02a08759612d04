#include "exporter/app/security_desk.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "test/support/scratch_folder.h"
#include "test/support/snapshots.h"

using namespace dnsexp;
using namespace dnsexp::testing;

namespace {

constexpr uint64_t second = 1'000'000'000;

dns_event deep_query(const std::string& domain) {
    dns_event event = event_for("a.b.c.d.e.f.g.h." + domain, 0, DNS_ROLE_SERVER);
    event.message[event.message_length - 3] = 1;  // QTYPE A
    event.message[event.message_length - 1] = 1;  // QCLASS IN
    event.client = ipv4(0x0a000005);
    event.server = ipv4(0xc0000235);
    event.query_time_ns = second;
    return event;
}

std::unique_ptr<SecurityDesk> make(const Config& config) {
    auto made = SecurityDesk::make(config);
    REQUIRE(made);
    return std::move(made).value();
}

void judge(SecurityDesk& desk, const std::string& domain) {
    desk.add(deep_query(domain));
    desk.tell([](const dns_asker&) { return AskerNames{}; });
}

uint64_t sum(const SecurityDesk& desk, Metric metric, const std::string& label) {
    Folded folded;
    desk.fill(folded);
    uint64_t sum = 0;
    for (const auto& series : folded[metric].series)
        if (std::ranges::find(series.labels, label) != series.labels.end())
            sum += static_cast<uint64_t>(series.value);
    return sum;
}

AlertDestination file(const std::string& path) {
    AlertDestination destination;
    destination.path = path;
    return destination;
}

}  // namespace

TEST_CASE("Another configuration holds in all parts of the desk, and counts and alerts go on") {
    const ScratchFolder folder;
    std::ofstream(folder.path("list")) << "bad.example\n";
    Config config;
    config.alerting.min_severity = 1;
    const auto desk = make(config);
    judge(*desk, "one.example");
    CHECK(sum(*desk, Metric::security_alerts, "DEEP_SUBDOMAIN") == 1);
    const uint64_t last = desk->alerts({})[0].sequence;

    config.security.max_subdomain_depth = 100;
    config.security.blocklists = {{"list", folder.path("list"), "", BlocklistFormat::wildcard, 1}};
    config.alerting.destinations = {file(folder.path("alerts"))};
    auto change = desk->prepare(config);
    REQUIRE(change);
    judge(*desk, "two.example");  // by the old rules: nothing has changed yet
    CHECK(sum(*desk, Metric::security_alerts, "DEEP_SUBDOMAIN") == 2);
    { const LeavingSecurity leaving = desk->apply(std::move(change).value()); }
    judge(*desk, "bad.example");
    CHECK(sum(*desk, Metric::security_alerts, "DEEP_SUBDOMAIN") == 2);
    CHECK(sum(*desk, Metric::security_alerts, "BLOCKLISTED") == 1);
    CHECK(sum(*desk, Metric::blocklist_matches, "list") == 1);
    CHECK(desk->alerts({})[0].event_type == "BLOCKLISTED");
    CHECK(desk->alerts({})[0].sequence > last + 1);

    config.alerting.destinations.clear();
    auto back = desk->prepare(config);
    REQUIRE(back);
    { const LeavingSecurity leaving = desk->apply(std::move(back).value()); }
    std::ifstream alerts(folder.path("alerts"));
    std::string line;
    CHECK(std::getline(alerts, line));
    CHECK(line.find("BLOCKLISTED") != std::string::npos);
    CHECK(sum(*desk, Metric::blocklist_matches, "list") == 1);
}

TEST_CASE("A configuration that is impossible leaves the desk as it was") {
    const ScratchFolder folder;
    Config config;
    const auto desk = make(config);
    config.security.max_subdomain_depth = 100;
    config.alerting.destinations = {file("")};
    REQUIRE_FALSE(desk->prepare(config));
    judge(*desk, "one.example");
    CHECK(sum(*desk, Metric::security_alerts, "DEEP_SUBDOMAIN") == 1);
}

TEST_CASE("Where nothing changed, a change costs next to nothing") {
    const ScratchFolder folder;
    std::ofstream list(folder.path("list"));
    for (int i = 0; i < 200'000; ++i) list << "n" << i << ".example.com\n";
    list.close();
    Config config;
    config.security.blocklists = {{"list", folder.path("list"), "", BlocklistFormat::plain, 1}};
    config.alerting.destinations = {file(folder.path("alerts"))};
    const auto desk = make(config);
    const std::string alerts = folder.path("alerts");
    for (int i = 0; i < 1'000 && !std::filesystem::exists(alerts); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    REQUIRE(std::filesystem::remove(alerts));
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 100; ++i) {
        auto change = desk->prepare(config);
        REQUIRE(change);
        (void)desk->apply(std::move(change).value());
    }
    // Reading the list a hundred times takes seconds.
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(1));
    CHECK_FALSE(std::filesystem::exists(alerts));  // opened once, by a worker that stays
}
