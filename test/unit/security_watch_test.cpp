#include "exporter/security/security_watch.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <string>
#include <vector>

#include "test/support/scratch_folder.h"
#include "test/support/snapshots.h"

using namespace dnsexp;
using namespace dnsexp::testing;

namespace {

constexpr uint64_t second = 1'000'000'000;
constexpr uint32_t resolver = 812;

// A judge of its own lists, and what it told.
struct Judge {
    explicit Judge(const SecurityConfig& config = {}) {
        auto made = Blocklists::make(config);
        REQUIRE(made);
        lists = std::move(made).value();
        watch = std::make_unique<SecurityWatch>(config, 300, lists.get(),
                                                [this](Finding one) { told.push_back(std::move(one)); });
    }

    std::unique_ptr<Blocklists> lists;
    std::unique_ptr<SecurityWatch> watch;
    std::vector<Finding> told;

    [[nodiscard]] size_t count(EventType type) const {
        return static_cast<size_t>(
            std::count_if(told.begin(), told.end(), [&](const Finding& one) { return one.type == type; }));
    }
};

// An answered query of type A that a client elsewhere sent to this host.
dns_event arrived(const std::string& name, uint64_t time_ns = second) {
    dns_event event = event_for(name, 0, DNS_ROLE_SERVER);
    event.message[event.message_length - 3] = 1;  // QTYPE A
    event.message[event.message_length - 1] = 1;  // QCLASS IN
    event.client = ipv4(0x0a000005);
    event.server = ipv4(0xc0000235);
    event.query_time_ns = time_ns;
    return event;
}

dns_event sent_upstream(const std::string& name, uint64_t time_ns) {
    dns_event event = arrived(name, time_ns);
    event.role = DNS_ROLE_CLIENT;
    event.asker = {resolver, resolver, 0, 5, 1};
    return event;
}

SecurityConfig with_lists(const ScratchFolder& folder) {
    std::ofstream(folder.path("exact")) << "bad.example\nworse.example\n";
    std::ofstream(folder.path("below")) << "||evil.example^\n||worse.example^\n";
    SecurityConfig config;
    config.blocklists = {{"exact", folder.path("exact"), "", BlocklistFormat::plain, 1},
                         {"below", folder.path("below"), "", BlocklistFormat::adblock, 2}};
    return config;
}

}  // namespace

TEST_CASE("A listed name is told with its entry, its list and who asked") {
    const ScratchFolder folder;
    Judge judge(with_lists(folder));
    judge.watch->add(arrived("A.B.Evil.Example"));
    REQUIRE(judge.told.size() == 1);
    const Finding& finding = judge.told[0];
    CHECK(finding.type == EventType::blocklisted);
    CHECK(finding.severity == Severity::medium);
    CHECK(finding.domain == "evil.example");
    CHECK(finding.details == "a.b.evil.example is on the list below");
    CHECK(finding.time_ns == second);
    CHECK(finding.role == DNS_ROLE_SERVER);
    CHECK(finding.client == ClientId{ipv4(0x0a000005), 0});
    CHECK(finding.server.low == ipv4(0xc0000235).low);

    judge.watch->add(arrived("other.evil.example"));  // the same entry, client and window
    CHECK(judge.told.size() == 1);
    CHECK(judge.watch->counts().folded[static_cast<size_t>(EventType::blocklisted)][1] == 1);
    judge.watch->add(arrived("bad.example"));
    REQUIRE(judge.told.size() == 2);
    CHECK(judge.told[1].severity == Severity::low);
    CHECK(judge.told[1].domain == "bad.example");
}

TEST_CASE("Blocklists hold for allowed domains too, which nothing else is told of") {
    const ScratchFolder folder;
    SecurityConfig config = with_lists(folder);
    config.allowed_domains = {"evil.example"};
    Judge judge(config);
    const std::string deep = "a.b.c.d.e.f.g.evil.example";
    judge.watch->add(arrived(deep));
    CHECK(judge.count(EventType::blocklisted) == 1);
    CHECK(judge.count(EventType::deep_subdomain) == 0);
    judge.watch->add(arrived("a.b.c.d.e.f.g.bad.example"));
    CHECK(judge.count(EventType::deep_subdomain) == 1);
}

TEST_CASE("Only what interfaces show is judged: sockets tell of the same queries again") {
    const ScratchFolder folder;
    Judge judge(with_lists(folder));
    for (const uint8_t lane : {DNS_EVENT_SOCKET, DNS_EVENT_CALL}) {
        dns_event event = arrived("bad.example");
        event.lane = lane;
        judge.watch->add(event);
    }
    CHECK(judge.told.empty());
    dns_event cut = arrived("bad.example");
    cut.message_length = DNS_HEADER_LENGTH + 4;
    judge.watch->add(cut);
    CHECK(judge.told.empty());
}

TEST_CASE("What a resolver asks for its clients is not judged again") {
    const ScratchFolder folder;
    Judge judge(with_lists(folder));
    judge.watch->add(sent_upstream("bad.example", second));  // nobody has asked it yet
    CHECK(judge.count(EventType::blocklisted) == 1);
    dns_event answered = arrived("www.example.com", 2 * second);
    answered.asker = {resolver, resolver, 0, 0, 1};
    judge.watch->add(answered);
    judge.watch->add(sent_upstream("worse.example", 3 * second));
    CHECK(judge.count(EventType::blocklisted) == 1);
    judge.watch->add(arrived("worse.example", 3 * second));
    CHECK(judge.count(EventType::blocklisted) == 2);
}

TEST_CASE("Names that look generated are low findings, those of known shape are none") {
    Judge judge;
    judge.watch->add(arrived("xkqzjvwpfhtrbgyd.com"));
    REQUIRE(judge.count(EventType::dga) == 1);
    const auto found = std::find_if(judge.told.begin(), judge.told.end(),
                                    [](const Finding& one) { return one.type == EventType::dga; });
    CHECK(found->severity == Severity::low);
    CHECK(found->domain == "xkqzjvwpfhtrbgyd.com");
    judge.watch->add(arrived("wikipedia.org"));
    CHECK(judge.count(EventType::dga) == 1);

    SecurityConfig allowing;
    allowing.allowed_domains = {"xkqzjvwpfhtrbgyd.com"};
    Judge other(allowing);
    other.watch->add(arrived("xkqzjvwpfhtrbgyd.com"));
    CHECK(other.told.empty());
}

TEST_CASE("Clients over the limit are told, and windows end, once a second") {
    Judge judge;
    const BusyClient busy{ipv4(0x0a000005), DNS_ROLE_SERVER, 5 * second, 1234};
    judge.watch->tick({busy}, 6 * second);
    REQUIRE(judge.count(EventType::rapid_queries) == 1);
    CHECK(judge.told[0].client.address.low == ipv4(0x0a000005).low);
    judge.watch->tick({BusyClient{busy.address, busy.role, 7 * second, 500}}, 8 * second);
    CHECK(judge.told.size() == 1);
    judge.watch->tick({}, 400 * second);
    REQUIRE(judge.told.size() == 2);
    CHECK(judge.told[1].folded == 1);
}

TEST_CASE("Other rules hold from the next query on, and what was known stays") {
    SecurityConfig config;
    config.max_subdomain_depth = 3;
    config.max_unique_subdomains = 1'000;
    Judge judge(config);
    const std::string deep = "a.b.c.d.one.example";
    judge.watch->add(arrived(deep));
    REQUIRE(judge.count(EventType::deep_subdomain) == 1);
    for (int i = 0; i < 60; ++i) judge.watch->add(arrived("h" + std::to_string(i) + ".two.example"));
    CHECK(judge.count(EventType::unique_subdomains) == 0);

    config.max_subdomain_depth = 10;
    config.max_unique_subdomains = 64;
    SecurityRules rules(config, 300);
    judge.watch->exchange(rules);
    judge.watch->add(arrived("a.b.c.d.three.example"));
    CHECK(judge.count(EventType::deep_subdomain) == 1);
    CHECK(judge.watch->counts().raised[static_cast<size_t>(EventType::deep_subdomain)][0] == 1);
    for (int i = 60; i < 80; ++i) judge.watch->add(arrived("h" + std::to_string(i) + ".two.example"));
    CHECK(judge.count(EventType::unique_subdomains) >= 1);  // of 80 names, not of 20

    config.max_subdomain_depth = 3;
    config.allowed_domains = {"four.example"};
    config.suspicious_tlds = {"aaa", "example", "zzz"};
    SecurityRules stricter(config, 300);
    judge.watch->exchange(stricter);
    judge.watch->add(arrived("a.b.c.d.four.example"));
    CHECK(judge.count(EventType::deep_subdomain) == 1);
    CHECK(judge.count(EventType::suspicious_tld) == 0);
    judge.watch->add(arrived("a.b.c.d.five.example"));
    CHECK(judge.count(EventType::deep_subdomain) == 2);
    CHECK(judge.count(EventType::suspicious_tld) == 1);

    judge.watch->exchange(stricter);  // the rules before them are back
    judge.watch->add(arrived("a.b.c.d.six.example"));
    CHECK(judge.count(EventType::deep_subdomain) == 2);
}

TEST_CASE("A window that has begun keeps its end, the next one has the new length") {
    Judge judge;
    SecurityConfig config;
    judge.watch->tick({BusyClient{ipv4(0x0a000005), DNS_ROLE_SERVER, second, 500}}, 2 * second);
    REQUIRE(judge.count(EventType::rapid_queries) == 1);
    SecurityRules rules(config, 10);
    judge.watch->exchange(rules);
    judge.watch->tick({BusyClient{ipv4(0x0a000005), DNS_ROLE_SERVER, 20 * second, 500}}, 21 * second);
    CHECK(judge.told.size() == 1);  // of 300 seconds
    judge.watch->tick({}, 302 * second);
    REQUIRE(judge.told.size() == 2);
    CHECK(judge.told[1].folded == 1);
    judge.watch->tick({BusyClient{ipv4(0x0a000005), DNS_ROLE_SERVER, 303 * second, 500}}, 304 * second);
    CHECK(judge.told.size() == 2);
    judge.watch->tick({}, 313 * second);  // ten after the one before
    CHECK(judge.told.size() == 3);
}

TEST_CASE("A higher rate limit forgets who was over the old one, a lower one doesn't") {
    for (const uint32_t limit : {50, 200}) {
        SecurityConfig config;
        config.rate_limit_qps = 100;
        Judge judge(config);
        SecurityRules short_window(config, 10);
        judge.watch->exchange(short_window);
        judge.watch->tick({BusyClient{ipv4(0x0a000005), DNS_ROLE_SERVER, second, 150}}, 2 * second);
        config.rate_limit_qps = limit;
        SecurityRules rules(config, 10);
        judge.watch->exchange(rules);
        judge.watch->tick({}, 15 * second);  // the window is over
        judge.watch->tick({BusyClient{ipv4(0x0a000005), DNS_ROLE_SERVER, 20 * second, 250}}, 21 * second);
        REQUIRE(judge.told.size() == 2);
        const bool remembers = judge.told[1].details.find("over it in 2 of") != std::string::npos;
        CHECK(remembers == (limit == 50));
        CHECK(judge.told[1].details.find("limit " + std::to_string(limit)) != std::string::npos);
    }
}
