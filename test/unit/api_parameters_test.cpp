#include "exporter/api/parameters.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "ebpf/dns_abi.h"
#include "exporter/chains/board.h"

using namespace dnsexp;

namespace {

std::string refusal(std::string_view query) {
    const auto filter = parse_workload_filter(query);
    INFO(query);
    REQUIRE_FALSE(filter);
    return filter.error().message();
}

}  // namespace

TEST_CASE("Parameters of workloads have defaults, and may come in any order") {
    CHECK(parse_workload_filter("")->limit == 100);
    CHECK(parse_workload_filter("")->role.empty());
    CHECK(parse_workload_filter("&&")->limit == 100);
    const auto both = parse_workload_filter("role=server&limit=7");
    REQUIRE(both);
    CHECK(both.value().limit == 7);
    CHECK(both.value().role == "server");
    CHECK(parse_workload_filter("limit=1")->limit == 1);
    CHECK(parse_workload_filter("limit=1024&role=client")->limit == 1024);
    CHECK(workload_limit_max >= DNS_WORKLOADS);
}

TEST_CASE("A wrong limit is refused with what is allowed") {
    for (const char* query : {"limit=0", "limit=1025", "limit=-1", "limit=+1", "limit=1.5", "limit= 1",
                              "limit=1 ", "limit=", "limit", "limit=x", "limit=4294967297",
                              "limit=99999999999999999999", "limit=0x10", "limit=1&limit=2"}) {
        const std::string message = refusal(query);
        INFO(message);
        CHECK((message.find("1..1024") != std::string::npos || message.find("twice") != std::string::npos));
    }
}

TEST_CASE("A wrong role and an unknown parameter are refused with what is allowed") {
    for (const char* query : {"role=", "role=local", "role=Client", "role=cl%69ent", "role=client,server"})
        CHECK(refusal(query).find("client or server") != std::string::npos);
    for (const char* query : {"x=1", "Limit=1", "=", "?limit=1", "limit;role=client"})
        CHECK(refusal(query).find("limit and role") != std::string::npos);
}

TEST_CASE("Domains have a limit alone, and servers a role of three") {
    CHECK(parse_domain_filter("")->limit == 50);
    CHECK(parse_domain_filter("limit=1000")->limit == 1000);
    CHECK(parse_domain_filter("limit=1001").error().message().find("1..1000") != std::string::npos);
    CHECK(parse_domain_filter("role=client").error().message().find("there is limit") != std::string::npos);
    CHECK(parse_server_filter("")->limit == 100);
    for (const char* role : {"client", "server", "local"})
        CHECK(parse_server_filter("limit=1024&role=" + std::string(role))->role == role);
    CHECK(parse_server_filter("role=x").error().message().find("client, server or local") !=
          std::string::npos);
    CHECK_FALSE(parse_server_filter("limit=0"));
    CHECK_FALSE(parse_server_filter("after=1"));
}

TEST_CASE("A refusal shows what was asked as printable text of bounded length") {
    const std::string message = refusal("\x1b[31m\xff" + std::string(10'000, 'x') + "=1");
    CHECK(message.size() < 300);
    CHECK(std::all_of(message.begin(), message.end(), [](char c) { return c >= 0x20 && c <= 0x7e; }));
}

TEST_CASE("A path without parameters refuses any") {
    CHECK(check_no_parameters(""));
    CHECK_FALSE(check_no_parameters("limit=1"));
    CHECK_FALSE(check_no_parameters("&"));
}

TEST_CASE("Parameters of chains have defaults, and may come in any order") {
    CHECK(parse_chain_range("")->limit == 100);
    CHECK(parse_chain_range("")->after == 0);
    const auto both = parse_chain_range("limit=7&after=18446744073709551615");
    REQUIRE(both);
    CHECK(both.value().limit == 7);
    CHECK(both.value().after == 18446744073709551615u);  // 2^64 - 1
    CHECK(parse_chain_range("after=17&limit=0")->limit == 0);
    CHECK(parse_chain_range("limit=4096")->limit == 4096);
    CHECK(chain_limit_max >= ChainBoard::chains_max);
}

TEST_CASE("Wrong parameters of chains are refused with what is allowed") {
    for (const char* query : {"limit=4097", "limit=-1", "limit=", "limit", "limit=1e3"}) {
        CAPTURE(query);
        const auto range = parse_chain_range(query);
        REQUIRE_FALSE(range);
        CHECK(range.error().message().find("0..4096") != std::string::npos);
    }
    for (const char* query : {"after=-1", "after=18446744073709551616", "after=x", "after="}) {
        CAPTURE(query);
        const auto range = parse_chain_range(query);
        REQUIRE_FALSE(range);
        CHECK(range.error().message().find("0..18446744073709551615") != std::string::npos);
    }
    for (const char* query : {"role=client", "name=a", "="}) {
        CAPTURE(query);
        const auto range = parse_chain_range(query);
        REQUIRE_FALSE(range);
        CHECK(range.error().message().find("after and limit") != std::string::npos);
    }
    CHECK_FALSE(parse_chain_range("after=1&after=2"));
}

TEST_CASE("Parameters of alerts have defaults, and may come in any order") {
    auto none = parse_alert_filter("");
    REQUIRE(none);
    CHECK(none->limit == 100);
    CHECK(none->after_sequence == 0);
    CHECK(none->min_severity == 1);
    CHECK(none->event_type.empty());
    auto all = parse_alert_filter("event_type=DGA&severity=high&after=9&limit=1000");
    REQUIRE(all);
    CHECK(all->limit == 1000);
    CHECK(all->after_sequence == 9);
    CHECK(all->min_severity == 3);
    CHECK(all->event_type == "DGA");
    CHECK(parse_alert_filter("severity=medium")->min_severity == 2);
}

TEST_CASE("Wrong parameters of alerts are refused with what is allowed") {
    const auto refused = [](const char* query, const char* allowed) {
        CAPTURE(query);
        const auto filter = parse_alert_filter(query);
        REQUIRE_FALSE(filter);
        CHECK(filter.error().message().find(allowed) != std::string::npos);
    };
    refused("limit=0", "1..1000");
    refused("limit=1001", "1..1000");
    refused("after=-1", "0..18446744073709551615");
    refused("severity=3", "low, medium or high");
    refused("severity=", "low, medium or high");
    refused("event_type=dga", "SUSPICIOUS_TLD, DGA, BLOCKLISTED");
    refused("event_type=", "LONG_LABEL, ");
    refused("type=DGA", "after, limit, severity and event_type");
    refused("limit=1&limit=2", "twice");
}

TEST_CASE("A stream's parameters have defaults, and are read as they are meant") {
    const auto all = parse_stream_filter("");
    REQUIRE(all);
    CHECK(all.value().sample == 1);
    CHECK_FALSE(all.value().slower_than_ns);
    CHECK(all.value().domain.empty());
    CHECK(all.value().rcode.empty());
    const auto some =
        parse_stream_filter("sample=7&slower_than_ms=20&domain=WWW.Example.com.&rcode=NXDOMAIN");
    REQUIRE(some);
    CHECK(some.value().sample == 7);
    CHECK(some.value().slower_than_ns == 20'000'000u);
    CHECK(some.value().domain == "www.example.com");
    CHECK(some.value().rcode == "NXDOMAIN");
    for (const char* rcode : {"NOERROR", "SERVFAIL", "REFUSED", "BADVERS", "TIMEOUT", "UNTRACKED", "other"}) {
        INFO(rcode);
        CHECK(parse_stream_filter(std::string("rcode=") + rcode));
    }
}

TEST_CASE("What a stream can't be filtered by is refused") {
    for (const char* query : {"sample=0", "sample=1000001", "slower_than_ms=60001", "slower_than_ms=-1",
                              "domain=", "domain=.", "domain=a%20b", "domain=a*b", "rcode=", "rcode=NOPE",
                              "rcode=nxdomain", "limit=1", "sample=1&sample=1"}) {
        INFO(query);
        CHECK_FALSE(parse_stream_filter(query));
    }
    CHECK_FALSE(parse_stream_filter("domain=" + std::string(255, 'a')));
}
