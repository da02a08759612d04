#include "exporter/security/rapid_watch.h"

#include <catch2/catch.hpp>

using namespace dnsexp;

namespace {

constexpr uint64_t ns_per_second = 1'000'000'000;
constexpr uint32_t limit = 100;

// Keeps every finding, or refuses to have any.
struct Kept final : FindingSink {
    bool admits = true;
    uint32_t asked = 0;
    std::vector<Finding> findings;

    bool admit(EventType, Severity, const ClientId&, std::string_view, uint64_t) override {
        ++asked;
        return admits;
    }
    void raise(Finding finding) override { findings.push_back(std::move(finding)); }
};

struct Watch {
    RapidWatch watch{limit};
    Kept kept;
    uint64_t second = 5000;

    // One second in which the clients numbered 1 to `clients` asked so often.
    Finding second_of(uint32_t queries, uint8_t role = DNS_ROLE_SERVER, uint64_t clients = 1) {
        std::vector<BusyClient> busy;
        for (uint64_t n = 1; n <= clients; ++n)
            busy.push_back({{0, n}, role, second * ns_per_second, queries});
        ++second;
        watch.judge(busy, second * ns_per_second, kept);
        return kept.findings.empty() ? Finding{} : kept.findings.back();
    }
};

}  // namespace

TEST_CASE("A client over the limit is a low finding with its numbers") {
    Watch watch;
    const Finding finding = watch.second_of(1234);
    REQUIRE(watch.kept.findings.size() == 1);
    CHECK(finding.type == EventType::rapid_queries);
    CHECK(finding.severity == Severity::low);
    CHECK(finding.details == "1,234 queries in one second, limit 100");
    CHECK(finding.domain.empty());
    CHECK(finding.client == ClientId{{0, 1}, 0});
    CHECK(finding.role == DNS_ROLE_SERVER);
    CHECK(finding.time_ns == 5000 * ns_per_second);
    CHECK(watch.second_of(1'234'567).details ==
          "1,234,567 queries in one second, limit 100; over it in 2 of the last 60 seconds");
}

TEST_CASE("Nothing is made of a finding that would only be folded") {
    Watch watch;
    watch.kept.admits = false;
    watch.second_of(1234);
    CHECK(watch.kept.asked == 1);
    CHECK(watch.kept.findings.empty());
}

TEST_CASE("A busy resolver never rises above low, however long it asks") {
    Watch watch;
    for (int i = 0; i < 200; ++i) {
        const Finding finding = watch.second_of(9'999);  // just below a hundred times the limit
        CHECK(finding.severity == Severity::low);
        CHECK(finding.score <= 100);
    }
}

TEST_CASE("Ten seconds of a minute at a hundred times the limit are medium, and no more than that") {
    Watch watch;
    for (int i = 0; i < 9; ++i) CHECK(watch.second_of(10'000).severity == Severity::low);
    watch.second += 40;
    CHECK(watch.second_of(10'000).severity == Severity::medium);
    watch.second += 11;  // the first ones are a minute old
    CHECK(watch.second_of(10'000).severity == Severity::low);
    for (int i = 0; i < 200; ++i) watch.second_of(1'000'000'000);
    CHECK(watch.kept.findings.back().severity == Severity::medium);
    CHECK(watch.kept.findings.back().score == 100);
}

TEST_CASE("What this host asks itself is never more than low") {
    const uint8_t role = GENERATE(uint8_t{DNS_ROLE_CLIENT}, uint8_t{DNS_ROLE_LOCAL});
    Watch watch;
    for (int i = 0; i < 70; ++i) CHECK(watch.second_of(1'000'000, role).severity == Severity::low);
}

TEST_CASE("The score rises with the rate and with the time") {
    Watch watch;
    CHECK(watch.second_of(101).score == 20);
    watch.second += 100;
    CHECK(watch.second_of(1'000).score == 50);  // ten times the limit, one second of sixty
    watch.second += 100;
    CHECK(watch.second_of(10'000).score == 80);
    for (int i = 0; i < 59; ++i) watch.second_of(1'000);
    CHECK(watch.second_of(1'000).score == 70);  // each second of the minute
}

TEST_CASE("After a minute of quiet a client's history is over") {
    Watch watch;
    for (int i = 0; i < 30; ++i) watch.second_of(200);
    watch.second += 60;
    CHECK(watch.second_of(200).details == "200 queries in one second, limit 100");
}

TEST_CASE("Two seconds that come in one answer are two, and roles are apart") {
    Watch watch;
    const dns_address address{0, 1};
    watch.watch.judge({{address, DNS_ROLE_SERVER, 7 * ns_per_second, 200},
                       {address, DNS_ROLE_SERVER, 9 * ns_per_second + 700'000, 300},
                       {address, DNS_ROLE_CLIENT, 9 * ns_per_second, 400}},
                      10 * ns_per_second, watch.kept);
    REQUIRE(watch.kept.findings.size() == 3);
    CHECK(watch.kept.findings[1].details ==
          "300 queries in one second, limit 100; over it in 2 of the last 60 seconds");
    CHECK(watch.kept.findings[2].details == "400 queries in one second, limit 100");
}

TEST_CASE("Seconds that begin a little early or late are told apart") {
    Watch watch;
    for (const uint64_t begin : {7'000'700'000, 7'999'900'000, 9'000'000'000})
        watch.watch.judge({{{0, 1}, DNS_ROLE_SERVER, begin, 200}}, begin + ns_per_second, watch.kept);
    CHECK(watch.kept.findings.back().details ==
          "200 queries in one second, limit 100; over it in 3 of the last 60 seconds");
}

TEST_CASE("Clients beyond the capacity are told of without a history") {
    Watch watch;
    for (int i = 0; i < 3; ++i) watch.second_of(200, DNS_ROLE_SERVER, RapidWatch::capacity + 1);
    REQUIRE(watch.kept.findings.size() == 3 * (RapidWatch::capacity + 1));
    CHECK(watch.kept.findings.back().details == "200 queries in one second, limit 100");
    CHECK(watch.kept.findings[watch.kept.findings.size() - 2].details ==
          "200 queries in one second, limit 100; over it in 3 of the last 60 seconds");
    watch.kept.findings.clear();
    watch.second += 100;  // nobody has a history any more, so another client may
    for (int i = 0; i < 2; ++i) {
        watch.watch.judge({{{1, 1}, DNS_ROLE_SERVER, watch.second * ns_per_second, 200}},
                          (watch.second + 1) * ns_per_second, watch.kept);
        ++watch.second;
    }
    CHECK(watch.kept.findings.back().details ==
          "200 queries in one second, limit 100; over it in 2 of the last 60 seconds");
}
