#include "exporter/app/alert_text.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string_view>

#include "test/support/snapshots.h"

using namespace dnsexp;
using namespace dnsexp::testing;

namespace {

Finding tunnel() {
    Finding finding;
    finding.type = EventType::tunneling;
    finding.severity = Severity::high;
    finding.score = 91;
    finding.time_ns = 5'000'000'000;
    finding.domain = "example.net";
    finding.client = {ipv4(0x0a000005), 7};
    finding.server = ipv4(0xc0000235);
    finding.role = DNS_ROLE_LOCAL;
    finding.asker = {4711, 4712, 1000, 7, 1};
    finding.details = "200 names";
    finding.folded = 12;
    return finding;
}

dns_workload_key named(std::string_view comm) {
    dns_workload_key key{};
    std::copy(comm.begin(), comm.end(), key.comm);
    return key;
}

}  // namespace

TEST_CASE("An alert has all that the finding has, in words, and the time of day") {
    const Alert alert = make_alert(tunnel(), named("iodine"), {"c1", "p1", "ns1", "Deployment/d1", true},
                                   1'700'000'000'000'000'000);
    CHECK(alert.time_unix_ns == 1'700'000'005'000'000'000);
    CHECK(alert.event_type == "TUNNELING");
    CHECK(alert.severity == 3);
    CHECK(alert.score == 91);
    CHECK(alert.domain == "example.net");
    CHECK(alert.client == "10.0.0.5");
    CHECK(alert.server == "192.0.2.53");
    CHECK(alert.role == "local");
    CHECK(alert.pid == 4711U);
    CHECK(alert.process == "iodine");
    CHECK(alert.container == "c1");
    CHECK(alert.pod == "p1");
    CHECK(alert.namespace_ == "ns1");
    CHECK(alert.workload == "Deployment/d1");
    CHECK(alert.details == "200 names");
    CHECK(alert.folded == 12);
}

TEST_CASE("What is not known of an alert stays empty") {
    Finding finding = tunnel();
    finding.asker = {};
    finding.server = {};
    const Alert alert = make_alert(finding, named("iodine"), {"c1", "p1", "ns1", "w", true}, 0);
    CHECK_FALSE(alert.pid);
    CHECK(alert.process.empty());
    CHECK(alert.container.empty());
    CHECK(alert.pod.empty());
    CHECK(alert.server.empty());
    finding.client = {};
    CHECK(make_alert(finding, {}, {}, 0).client.empty());
}

TEST_CASE("Names of processes and pods are escaped in alerts") {
    const Alert alert = make_alert(tunnel(), named("a\x1b[31m"), {"c\n", "p\xff", "n\x07", "w\x7f", true}, 0);
    for (const std::string& text :
         {alert.process, alert.container, alert.pod, alert.namespace_, alert.workload}) {
        INFO(text);
        CHECK_FALSE(text.empty());
        CHECK(std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; }));
    }
    CHECK(alert.process == "a\\027[31m");
}

TEST_CASE("Event types and severities have the names of the labels") {
    CHECK(event_type_name(EventType::long_label) == "LONG_LABEL");
    CHECK(event_type_name(EventType::deep_subdomain) == "DEEP_SUBDOMAIN");
    CHECK(event_type_name(EventType::high_entropy) == "HIGH_ENTROPY");
    CHECK(event_type_name(EventType::rapid_queries) == "RAPID_QUERIES");
    CHECK(event_type_name(EventType::unique_subdomains) == "UNIQUE_SUBDOMAINS");
    CHECK(event_type_name(EventType::txt_query) == "TXT_QUERY");
    CHECK(event_type_name(EventType::null_query) == "NULL_QUERY");
    CHECK(event_type_name(EventType::suspicious_tld) == "SUSPICIOUS_TLD");
    CHECK(event_type_name(EventType::dga) == "DGA");
    CHECK(event_type_name(EventType::blocklisted) == "BLOCKLISTED");
    CHECK(event_type_name(EventType::tunneling) == "TUNNELING");
    CHECK(severity_name(Severity::low) == "low");
    CHECK(severity_name(Severity::medium) == "medium");
    CHECK(severity_name(Severity::high) == "high");
}
