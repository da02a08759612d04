#include "exporter/alerts/alert_json.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "test/support/sample_alert.h"

using namespace dnsexp;

TEST_CASE("An alert is one line of JSON with all its fields") {
    CHECK(
        alert_json(sample_alert(5)) ==
        R"({"sequence":5,"time":"2024-02-29T23:59:59.123456789Z","event_type":"TUNNELING","severity":"high",)"
        R"("score":92,"domain":"example.com","client":"10.0.0.7","server":"192.0.2.53","role":"client",)"
        R"("pid":4711,"process":"iodine","container":"web","pod":"web-5d9c","namespace":"shop",)"
        R"("workload":"web","details":"143 names in 20 s, 98 % NULL","folded":12})");
}

TEST_CASE("What an alert does not know is null") {
    const auto json = nlohmann::json::parse(alert_json(bare_alert()));
    for (const char* name : {"domain", "client", "server", "role", "pid", "process", "container", "pod",
                             "namespace", "workload", "details"})
        CHECK((json.contains(name) && json[name].is_null()));
    CHECK(json["severity"] == "low");
    CHECK(json["folded"] == 0);
}

TEST_CASE("An alert's JSON is one line of ASCII, whatever a text holds") {
    Alert alert = bare_alert();
    alert.details = "\"\n\x1b\xff\xc3\xa9\\";
    const std::string text = alert_json(alert);
    for (const char c : text) CHECK((c >= ' ' && c < 0x7f));
    CHECK(nlohmann::json::parse(text)["details"] == "\"\n\x1b\xef\xbf\xbd\xc3\xa9\\");
}

TEST_CASE("The API's list of alerts keeps its order and says when it was made") {
    const auto json = nlohmann::json::parse(alerts_json({sample_alert(2), sample_alert(1)}, 77));
    CHECK(json["generated_unix_ns"] == 77);
    REQUIRE(json["alerts"].size() == 2);
    CHECK(json["alerts"][0]["sequence"] == 2);
    CHECK(nlohmann::json::parse(alerts_json({}, 1))["alerts"] == nlohmann::json::array());
}

TEST_CASE("A webhook gets a list of alerts and the host") {
    const auto json = nlohmann::json::parse(webhook_json({sample_alert(1), sample_alert(2)}, "node1"));
    CHECK(json["host"] == "node1");
    REQUIRE(json["alerts"].size() == 2);
    CHECK(json["alerts"][1] == nlohmann::json::parse(alert_json(sample_alert(2))));
    CHECK(nlohmann::json::parse(webhook_json({}, ""))["host"].is_null());
}
