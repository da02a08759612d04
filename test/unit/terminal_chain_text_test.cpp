#include "exporter/terminal/chain_text.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

using namespace dnsexp;

namespace {

using Lines = std::vector<std::string>;

ChainStepRow step(const std::string& event, uint64_t hop, uint64_t depth, double offset_seconds = 0) {
    ChainStepRow one;
    one.event = event;
    one.hop = hop;
    one.depth = depth;
    one.offset_seconds = offset_seconds;
    return one;
}

// dig asks unbound, which asks a server that refers it to another one, which does not answer.
ReadChain unanswered_upstream() {
    ReadChain chain;
    chain.time = "2026-01-31T14:03:02.123456789Z";
    chain.name = "www.example.org";
    chain.type = "A";
    chain.result = "SERVFAIL";
    chain.cache = "miss";
    chain.comm = "dig";
    chain.pid = 4711;
    chain.seconds = 1.5;
    chain.upstream_queries = 2;
    chain.referrals = 1;
    ChainStepRow start = step("QUERY_START", 0, 0);
    ChainStepRow miss = step("CACHE_MISS", 1, 1, 0.000026);
    ChainStepRow query = step("UPSTREAM_QUERY", 2, 2, 0.000155);
    ChainStepRow referral = step("REFERRAL", 2, 2, 0.0131);
    ChainStepRow silent = step("UPSTREAM_QUERY", 3, 2, 0.0132);
    ChainStepRow failed = step("QUERY_FAILED", 0, 0, 1.5);
    for (ChainStepRow* one : {&start, &miss, &silent, &failed}) one->name = chain.name;
    for (ChainStepRow* one : {&query, &referral}) one->name = "org";
    for (ChainStepRow* one : {&start, &miss, &query, &referral, &silent, &failed}) one->type = "A";
    for (ChainStepRow* one : {&start, &miss, &failed}) one->server = "192.0.2.53:53";
    for (ChainStepRow* one : {&start, &failed}) one->comm = "dig", one->pid = 4711;
    for (ChainStepRow* one : {&miss, &query, &referral, &silent}) one->comm = "unbound", one->pid = 812;
    for (ChainStepRow* one : {&query, &referral}) one->server = "198.41.0.4:53";
    silent.server = "[2001:db8::1]:53";
    miss.rcode = failed.rcode = "SERVFAIL";
    miss.seconds = 1.49;
    failed.seconds = 1.5;
    referral.rcode = "NOERROR";
    referral.seconds = 0.0129;
    referral.leads_to = "a0.org.afilias-nst.info";
    chain.steps = {start, miss, query, referral, silent, failed};
    return chain;
}

ReadChain timed(double seconds, const std::string& name = "a.test", uint64_t hop_count = 1) {
    ReadChain chain;
    chain.name = name;
    chain.type = "A";
    chain.result = "NOERROR";
    chain.seconds = seconds;
    chain.steps = {step("QUERY_START", 0, 0), step("QUERY_COMPLETE", 0, 0)};
    if (hop_count > 1) chain.steps.push_back(step("UPSTREAM_RESPONSE", hop_count - 1, 1));
    return chain;
}

Lines summary_of(const std::vector<double>& durations) {
    ChainSummary summary;
    for (const double seconds : durations) summary.add(timed(seconds));
    return summary.lines();
}

// The number in front of the unit "ms" behind a label of the line of averages.
double milliseconds(const std::string& line, const std::string& label) {
    const size_t at = line.find(label + " ");
    REQUIRE(at != std::string::npos);
    size_t digits = 0;
    const std::string rest = line.substr(at + label.size() + 1);
    const double number = std::stod(rest, &digits);
    REQUIRE(rest.substr(digits, 2) == "ms");
    return number;
}

size_t blanks_after_offset(const std::string& line) {
    const size_t end_of_offset = line.find(' ', line.find('+'));
    return line.find_first_not_of(' ', end_of_offset) - end_of_offset;
}

}  // namespace

TEST_CASE(
    "A chain is a line of what it was and one an event, indented by depth, also one that got no answer") {
    CHECK(
        chain_tree(unanswered_upstream()) ==
        Lines{"14:03:02.123  www.example.org A  SERVFAIL  1.50s  dig[4711]  miss  2 upstream queries  1 "
              "referral",
              "     +0s  QUERY_START        www.example.org A  @192.0.2.53:53  dig[4711]",
              " +26.0us    CACHE_MISS         www.example.org A  SERVFAIL  1.49s  @192.0.2.53:53  "
              "unbound[812]",
              "  +155us      UPSTREAM_QUERY     org A  @198.41.0.4:53  unbound[812]",
              " +13.1ms      REFERRAL           org A  NOERROR  12.9ms  -> a0.org.afilias-nst.info"
              "  @198.41.0.4:53  unbound[812]",
              " +13.2ms      UPSTREAM_QUERY     www.example.org A  @[2001:db8::1]:53  unbound[812]",
              "  +1.50s  QUERY_FAILED       www.example.org A  SERVFAIL  1.50s  @192.0.2.53:53  dig[4711]"});
}

TEST_CASE("Of a call there is no type, of what nobody answered no duration, and one query is no plural") {
    ReadChain chain;
    chain.time = "2026-01-31T14:03:02.000000000Z";
    chain.name = "localhost";
    chain.result = "TIMEOUT";
    chain.comm = "getent";
    chain.place = "web-1";
    chain.upstream_queries = 1;
    chain.referrals = 2;
    CHECK(
        chain_tree(chain) ==
        Lines{
            "14:03:02.000  localhost  TIMEOUT  no answer  getent[?]  web-1  1 upstream query  2 referrals"});
    chain.comm.clear();
    chain.pid = 7;
    chain.upstream_queries = chain.referrals = 0;
    CHECK(chain_tree(chain) == Lines{"14:03:02.000  localhost  TIMEOUT  no answer  ?[7]  web-1"});
}

TEST_CASE("A chain of which nothing is known is a line that claims nothing") {
    CHECK(chain_tree(ReadChain{}).size() == 1);
    ReadChain chain;
    chain.time = "noon";
    chain.steps = {ChainStepRow{}};
    const Lines lines = chain_tree(chain);
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].starts_with("noon  "));
    CHECK(lines[1].find("+0s") != std::string::npos);
}

TEST_CASE("Steps that are nested deeper than eight levels are not indented further") {
    ReadChain chain;
    for (uint64_t depth : {uint64_t{0}, uint64_t{1}, uint64_t{8}, uint64_t{9}, uint64_t{100'000}, UINT64_MAX})
        chain.steps.push_back(step("UPSTREAM_QUERY", depth, depth));
    const Lines lines = chain_tree(chain);
    REQUIRE(lines.size() == 7);
    for (size_t i = 1; const size_t blanks : {2u, 4u, 18u, 18u, 18u, 18u})
        CHECK(blanks_after_offset(lines[i++]) == blanks);
}

TEST_CASE("Long names are shown whole, and what stands behind them too") {
    // The longest one that fits into 255 octets (RFC 1035, 2.3.4), each octet written \DDD.
    std::string name;
    for (const size_t octets : {63u, 63u, 63u, 61u}) {
        if (!name.empty()) name += '.';
        for (size_t i = 0; i < octets; ++i) name += "\\255";
    }
    REQUIRE(name.size() == 4 * 250 + 3);
    ReadChain chain = unanswered_upstream();
    chain.name = name;
    for (ChainStepRow& one : chain.steps) one.name = one.leads_to = name;
    const Lines lines = chain_tree(chain);
    REQUIRE(lines.size() == 7);
    for (const std::string& line : lines) CHECK(line.find("  " + name + " A  ") != std::string::npos);
    CHECK(lines[0].ends_with("  1 referral"));
    CHECK(lines[4].ends_with("  -> " + name + "  @198.41.0.4:53  unbound[812]"));
}

TEST_CASE("Where there was no chain, the summary says no more") {
    CHECK(ChainSummary().lines() == Lines{"0 chains, 0 failed"});
}

TEST_CASE("Of one chain all averages are its own duration") {
    ChainSummary summary;
    summary.add(timed(2, "www.example.org", 3));
    CHECK(summary.lines() == Lines{"1 chain, 0 failed",
                                   "mean 2.00s  P50 2.00s  P95 2.00s  P99 2.00s  mean hops 3.00",
                                   "fastest: www.example.org A  NOERROR  2.00s",
                                   "slowest:", "  www.example.org A  NOERROR  2.00s"});
}

// A percentile is the smallest value that so large a share of all does not exceed (nearest rank).
TEST_CASE("Of two chains half do not exceed the shorter one, and all that is above half is the longer one") {
    CHECK(summary_of({3, 1}).at(1) == "mean 2.00s  P50 1.00s  P95 3.00s  P99 3.00s  mean hops 1.00");
}

TEST_CASE("Of a hundred chains percentiles are the 50th, the 95th and the 99th") {
    std::vector<double> durations;
    for (int i = 1; i <= 100; ++i) durations.push_back(i / 100.0);
    std::shuffle(durations.begin(), durations.end(), std::mt19937_64(1));
    // Their sum is 50.5 s (Gauss).
    CHECK(summary_of(durations).at(1) == "mean 505ms  P50 500ms  P95 950ms  P99 990ms  mean hops 1.00");
    durations = {1, 2, 3};
    CHECK(summary_of(durations).at(1) == "mean 2.00s  P50 2.00s  P95 3.00s  P99 3.00s  mean hops 1.00");
}

TEST_CASE("Mean hops are of all chains, of those that nobody answered too, durations of the others") {
    ChainSummary summary;
    summary.add(timed(1, "a.test", 1));
    summary.add(timed(2, "b.test", 2));
    ReadChain silent = timed(0, "c.test", 9);
    silent.seconds.reset();
    summary.add(silent);
    CHECK(summary.lines().at(0) == "3 chains, 0 failed");
    CHECK(summary.lines().at(1) == "mean 1.50s  P50 1.00s  P95 2.00s  P99 2.00s  mean hops 4.00");
}

TEST_CASE("Where nobody answered, there is no average") {
    ChainSummary summary;
    ReadChain silent = timed(0);
    silent.seconds.reset();
    summary.add(silent);
    CHECK(summary.lines() == Lines{"1 chain, 0 failed"});
}

TEST_CASE("The fastest one is told, and the slowest five, the slowest first") {
    ChainSummary summary;
    for (const int seconds : {4, 7, 2, 6, 1, 5, 3}) summary.add(timed(seconds, std::to_string(seconds)));
    const Lines lines = summary.lines();
    CHECK(Lines(lines.begin() + 2, lines.end()) ==
          Lines{"fastest: 1 A  NOERROR  1.00s", "slowest:", "  7 A  NOERROR  7.00s", "  6 A  NOERROR  6.00s",
                "  5 A  NOERROR  5.00s", "  4 A  NOERROR  4.00s", "  3 A  NOERROR  3.00s"});
}

TEST_CASE("Of chains that took equally long the earlier ones are told") {
    ChainSummary summary;
    for (int i = 0; i < 7; ++i) summary.add(timed(1, std::to_string(i)));
    const Lines lines = summary.lines();
    REQUIRE(lines.size() == 9);
    CHECK(lines[2] == "fastest: 0 A  NOERROR  1.00s");
    for (size_t i = 0; i < 5; ++i) CHECK(lines[4 + i] == "  " + std::to_string(i) + " A  NOERROR  1.00s");
}

TEST_CASE("A chain failed if its first step did, not if one below did") {
    ChainSummary summary;
    ReadChain below = timed(1);
    below.steps.push_back(step("QUERY_FAILED", 2, 1));
    summary.add(below);
    CHECK(summary.lines().at(0) == "1 chain, 0 failed");
    ReadChain itself = timed(1);
    itself.steps[1].event = "QUERY_FAILED";
    summary.add(itself);
    CHECK(summary.lines().at(0) == "2 chains, 1 failed");
    summary.add(unanswered_upstream());
    CHECK(summary.lines().at(0) == "3 chains, 2 failed");
}

TEST_CASE("Chains that were forgotten before they could be shown are told of apart") {
    ChainSummary summary;
    summary.add(timed(1));
    summary.add_missed(3);
    summary.add_missed(4);
    CHECK(summary.lines().at(0) == "1 chain, 0 failed, 7 more came too fast to be shown");
}

// 1 to 100,000 us, in this order: the first ten thousand of them, or the last, are no picture of all. A
// percentile of 10,000 random ones lies within 2 % of all with more than 99.99 % (4 standard errors of 0.5
// %).
TEST_CASE("Percentiles of more chains than are kept are those of all but for a few percent") {
    constexpr int count = 100'000;
    static_assert(count > 5 * ChainSummary::sample_max);
    ChainSummary summary;
    for (int i = 1; i <= count; ++i) summary.add(timed(i / 1e6));
    const Lines lines = summary.lines();
    CHECK(lines.at(0) == "100000 chains, 0 failed");
    CHECK(milliseconds(lines.at(1), "mean") == Approx(50).margin(0.1));
    CHECK(milliseconds(lines.at(1), "P50") == Approx(50).margin(2));
    CHECK(milliseconds(lines.at(1), "P95") == Approx(95).margin(1));
    CHECK(milliseconds(lines.at(1), "P99") == Approx(99).margin(0.5));
    CHECK(lines.at(2) == "fastest: a.test A  NOERROR  1.00us");
    CHECK(lines.at(4) == "  a.test A  NOERROR  100ms");
}
