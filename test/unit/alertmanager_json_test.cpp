#include "exporter/alerts/alertmanager_json.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "test/support/sample_alert.h"

using namespace dnsexp;

namespace {

constexpr uint32_t window = 300;  // seconds
constexpr uint64_t second = 1'000'000'000;

nlohmann::json one(const Alert& alert, uint64_t now_unix_ns) {
    return nlohmann::json::parse(alertmanager_json({alert}, "node1", window, now_unix_ns)).at(0);
}

}  // namespace

TEST_CASE("Alertmanager's labels say what and whose an alert is, its annotations all else") {
    const Alert alert = sample_alert();
    const auto json = one(alert, alert.time_unix_ns);
    CHECK(json["labels"] == nlohmann::json{{"alertname", "DNSTunneling"},
                                           {"event_type", "TUNNELING"},
                                           {"severity", "high"},
                                           {"instance", "node1"},
                                           {"client", "10.0.0.7"},
                                           {"domain", "example.com"},
                                           {"namespace", "shop"},
                                           {"pod", "web-5d9c"}});
    CHECK(json["annotations"] ==
          nlohmann::json{{"summary", "TUNNELING (high, score 92) of example.com by 10.0.0.7"},
                         {"description", "143 names in 20 s, 98 % NULL"},
                         {"score", "92"},
                         {"folded", "12"},
                         {"server", "192.0.2.53"},
                         {"role", "client"},
                         {"pid", "4711"},
                         {"process", "iodine"},
                         {"container", "web"},
                         {"workload", "web"}});
}

TEST_CASE("Alertmanager gets no empty label and none that is too long") {
    Alert alert = bare_alert();
    alert.domain = std::string(900, 'a');
    const auto json = one(alert, 0);
    CHECK(json["labels"] == nlohmann::json{{"alertname", "DNSRapidQueries"},
                                           {"event_type", "RAPID_QUERIES"},
                                           {"severity", "low"},
                                           {"instance", "node1"},
                                           {"domain", std::string(256, 'a')}});
}

TEST_CASE("An alert lasts two windows in Alertmanager, and one from its delivery where that is late") {
    const Alert alert = sample_alert();
    const auto in_time = one(alert, alert.time_unix_ns + second);
    CHECK(in_time["startsAt"] == "2024-02-29T23:59:59.123456789Z");
    CHECK(in_time["endsAt"] == "2024-03-01T00:09:59.123456789Z");
    const auto late = one(alert, alert.time_unix_ns + 3'600 * second);
    CHECK(late["startsAt"] == "2024-02-29T23:59:59.123456789Z");
    CHECK(late["endsAt"] == "2024-03-01T01:04:59.123456789Z");
}

TEST_CASE("Event types become alert names") {
    CHECK(alertmanager_name("DGA") == "DNSDga");
    CHECK(alertmanager_name("TXT_QUERY") == "DNSTxtQuery");
    CHECK(alertmanager_name("SUSPICIOUS_TLD") == "DNSSuspiciousTld");
}

TEST_CASE("The API's path is added to Alertmanager's URL once") {
    CHECK(alertmanager_url("http://am:9093") == "http://am:9093/api/v2/alerts");
    CHECK(alertmanager_url("http://am:9093/") == "http://am:9093/api/v2/alerts");
    CHECK(alertmanager_url("https://am/prefix") == "https://am/prefix/api/v2/alerts");
    CHECK(alertmanager_url("http://am:9093/api/v2/alerts") == "http://am:9093/api/v2/alerts");
    CHECK(alertmanager_url("http://am:9093/api/v2/alerts/") == "http://am:9093/api/v2/alerts");
    CHECK(alertmanager_url("http://am:9093/?tenant=a/b") == "http://am:9093/api/v2/alerts?tenant=a/b");
}
