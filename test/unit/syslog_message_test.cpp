#include "exporter/alerts/syslog_message.h"

#include <catch2/catch.hpp>
#include <regex>

#include "test/support/sample_alert.h"

using namespace dnsexp;

namespace {

const SyslogIdentity identity{3, "node1.example.org", 4242};

}  // namespace

TEST_CASE("A syslog message has RFC 5424's header, structured data and a sentence") {
    CHECK(syslog_message(sample_alert(5), identity) ==
          "<26>1 2024-02-29T23:59:59.123456Z node1.example.org ebpf_dns_exporter 4242 TUNNELING "
          R"([dns@32473 sequence="5" event_type="TUNNELING" severity="high" score="92" folded="12" )"
          R"(domain="example.com" client="10.0.0.7" server="192.0.2.53" role="client" pid="4711" )"
          R"(process="iodine" namespace="shop" pod="web-5d9c" container="web" workload="web"])"
          " TUNNELING (high, score 92) of example.com by 10.0.0.7: 143 names in 20 s, 98 % NULL");
}

TEST_CASE("A syslog message without a host name has RFC 5424's nil, and no field that is not known") {
    CHECK(syslog_message(bare_alert(), {16, "", 1}) ==
          "<133>1 1970-01-01T00:00:00.000000Z - ebpf_dns_exporter 1 RAPID_QUERIES "
          R"([dns@32473 sequence="1" event_type="RAPID_QUERIES" severity="low" score="0" folded="0"])"
          " RAPID_QUERIES (low, score 0)");
}

// RFC 5424, 6.2.1: PRI is the facility times 8 plus the severity.
TEST_CASE("The syslog severity follows the alert's") {
    Alert alert = bare_alert();
    for (const auto& [severity, pri] :
         {std::pair<uint32_t, const char*>{1, "<29>"}, {2, "<28>"}, {3, "<26>"}}) {
        alert.severity = severity;
        CHECK(syslog_message(alert, identity).starts_with(pri));
    }
}

TEST_CASE("Facilities have the numbers of RFC 5424's table") {
    CHECK(syslog_facility("kern") == 0u);
    CHECK(syslog_facility("daemon") == 3u);
    CHECK(syslog_facility("authpriv") == 10u);
    CHECK(syslog_facility("clock") == 15u);
    CHECK(syslog_facility("local0") == 16u);
    CHECK(syslog_facility("local7") == 23u);
    CHECK_FALSE(syslog_facility("local8"));
    CHECK_FALSE(syslog_facility(""));
    CHECK_FALSE(syslog_facility("DAEMON"));
}

TEST_CASE("Values of structured data are escaped, and nothing leaves a message that is not printable") {
    Alert alert = bare_alert();
    alert.domain = R"(a"b\c]d)";
    alert.process = "x\n\x1b\xff";
    const std::string text = syslog_message(alert, identity);
    CHECK(text.find(R"(domain="a\"b\\c\]d")") != std::string::npos);
    CHECK(text.find(R"(process="x???")") != std::string::npos);
    for (const char c : text) CHECK((c >= ' ' && c < 0x7f));
}

TEST_CASE("A message is at most 2,048 octets, and its structured data is whole") {
    Alert alert = sample_alert();
    const std::string nasty(1'000, '"');
    for (std::string* text : {&alert.domain, &alert.client, &alert.server, &alert.process, &alert.pod,
                              &alert.container, &alert.namespace_, &alert.workload, &alert.details})
        *text = nasty;
    const std::string text = syslog_message(alert, {23, std::string(255, 'h'), UINT32_MAX});
    CHECK(text.size() == max_syslog_message);
    // RFC 5424, 6.3: an element whose values hold no bare quote, backslash or bracket.
    CHECK(std::regex_search(text,
                            std::regex(R"( \[dns@32473( [a-z_]+="([^"\\\]]|\\["\\\]])*")+\] TUNNELING)")));
    CHECK(text.find("score=\"92\"") != std::string::npos);
}
