#include "exporter/terminal/view.h"

#include <catch2/catch.hpp>

using namespace dnsexp;

namespace {

constexpr uint64_t second = 1'000'000'000;

CountedRow counted(const std::string& name, uint64_t queries, uint64_t answered = 0, double sum = 0) {
    return {name, name, "client", queries, answered, sum};
}

SummaryReading at(uint64_t ns, uint64_t queries) {
    SummaryReading one;
    one.unix_ns = ns + 5;
    one.monotonic_ns = ns;
    one.queries = queries;
    one.edges = {0.001, 0.01};
    one.buckets = {queries, 0, 0};
    return one;
}

View view_of(std::vector<SummaryReading> readings) {
    History history(60 * second, second);
    for (auto& one : readings) history.add(std::move(one));
    return make_view(history);
}

const TopRow& row(const std::vector<TopRow>& rows, const std::string& name) {
    for (const TopRow& one : rows)
        if (one.name == name) return one;
    FAIL("no row " << name);
    return rows.front();
}

}  // namespace

TEST_CASE("Before the first summary there is nothing to see") {
    const View view = view_of({});
    CHECK_FALSE(view.rate);
    CHECK(view.queries == 0);
    CHECK(view.outcomes.empty());
}

TEST_CASE("The first summary shows what was counted since the start, and no rate") {
    SummaryReading one = at(10 * second, 100);
    one.outcomes = {{"NOERROR", 75}, {"NXDOMAIN", 25}};
    one.active = 4;
    one.domains = {counted("a", 60), counted("b", 40)};
    one.max_seconds = 2;
    const View view = view_of({one});
    CHECK(view.window_seconds == 0);
    CHECK_FALSE(view.rate);
    CHECK(view.queries == 100);
    CHECK(view.active == 4);
    REQUIRE(view.outcomes.size() == 2);
    CHECK(view.outcomes[0].name == "NOERROR");
    CHECK(view.outcomes[0].share == 0.75);
    CHECK(view.p50.value() == Approx(0.0005));
    CHECK(view.max_seconds == 2);
    REQUIRE(view.domains.size() == 2);
    CHECK(view.domains[0].name == "a");
    CHECK_FALSE(view.domains[0].rate);
}

TEST_CASE("Two summaries show what happened between them") {
    SummaryReading before = at(10 * second, 1000);
    before.outcomes = {{"NOERROR", 995}, {"REFUSED", 5}};
    before.sum_seconds = 100;
    SummaryReading now = at(30 * second, 1100);
    now.outcomes = {{"NOERROR", 1035}, {"REFUSED", 5}, {"SERVFAIL", 60}};
    now.buckets = {1000, 90, 10};
    now.sum_seconds = 103;
    const View view = view_of({before, now});
    CHECK(view.window_seconds == 20);
    CHECK(view.rate.value() == Approx(5));
    REQUIRE(view.outcomes.size() == 2);
    CHECK(view.outcomes[0].name == "SERVFAIL");
    CHECK(view.outcomes[0].share == Approx(0.6));
    CHECK(view.buckets == std::vector<uint64_t>{0, 90, 10});
    CHECK(view.p50.value() == Approx(0.001 + 0.009 * 50 / 90));
    CHECK(view.p99.value() == 0.01);  // above the last edge nothing is known
    CHECK(view.mean_seconds.value() == Approx(0.03));
    CHECK(view.unix_ns == 30 * second + 5);
}

TEST_CASE("Where nothing happened there is a rate of zero and no latency") {
    const View view = view_of({at(second, 100), at(3 * second, 100)});
    CHECK(view.rate == 0.0);
    CHECK(view.outcomes.empty());
    CHECK_FALSE(view.p50);
    CHECK_FALSE(view.mean_seconds);
}

TEST_CASE("Rows have rates and means of the window, the fastest first, and idle ones are left out") {
    SummaryReading before = at(10 * second, 0);
    before.domains = {counted("slow", 1000), counted("idle", 50), counted("fast", 10)};
    before.servers = {counted("192.0.2.1", 10, 10, 1)};
    SummaryReading now = at(20 * second, 0);
    now.domains = {counted("slow", 1010), counted("idle", 50), counted("fast", 210), counted("new", 30)};
    now.servers = {counted("192.0.2.1", 30, 20, 1.5)};
    const View view = view_of({before, now});
    REQUIRE(view.domains.size() == 3);
    CHECK(view.domains[0].name == "fast");
    CHECK(view.domains[0].rate.value() == Approx(20));
    CHECK(view.domains[1].name == "new");  // the list had room, so it was at 0
    CHECK(view.domains[1].rate.value() == Approx(3));
    CHECK(view.domains[2].name == "slow");
    CHECK(view.domains[2].rate.value() == Approx(1));
    CHECK_FALSE(view.domains[0].mean_seconds);
    CHECK(view.servers[0].mean_seconds.value() == Approx(0.05));
}

TEST_CASE("A row that a full list may have left out is compared with the first time that it is seen") {
    const auto full = [](uint64_t time, const std::string& last, uint64_t queries) {
        SummaryReading one = at(time, 0);
        for (int i = 0; i < 49; ++i) one.domains.push_back(counted("d" + std::to_string(i), 1'000'000));
        one.domains.push_back(counted(last, queries));
        return one;
    };
    // It was there with a million queries all the time, but not among the first fifty.
    const View fresh = view_of({full(10 * second, "x", 9), full(20 * second, "late", 1'000'000)});
    CHECK_FALSE(row(fresh.domains, "late").rate);
    const View known = view_of({full(10 * second, "x", 9), full(20 * second, "late", 1'000'000),
                                full(22 * second, "late", 1'000'010)});
    CHECK(row(known.domains, "late").rate.value() == Approx(5));
}

TEST_CASE("A row whose counter began anew counts from there") {
    SummaryReading before = at(10 * second, 0);
    before.domains = {counted("a", 1000, 0, 0)};
    SummaryReading now = at(20 * second, 0);
    now.domains = {counted("a", 40)};
    CHECK(view_of({before, now}).domains.at(0).rate.value() == Approx(4));
}

TEST_CASE("After a restart of the exporter no rate is made of counters of two lives") {
    const View view = view_of({at(10 * second, 1000), at(11 * second, 1100), at(13 * second, 3)});
    CHECK_FALSE(view.rate);
    CHECK(view.window_seconds == 0);
    CHECK(view.buckets == std::vector<uint64_t>{3, 0, 0});
}

TEST_CASE("Rows say their role where it is not the client's") {
    SummaryReading now = at(10 * second, 0);
    now.servers = {{"1", "192.0.2.1", "client", 1, 0, 0}, {"2", "127.0.0.1", "local", 1, 0, 0}};
    const View view = view_of({now});
    CHECK(view.servers[0].name == "192.0.2.1");
    CHECK(view.servers[1].name == "local 127.0.0.1");
}

TEST_CASE("Transactions up to the threshold are not slow") {
    std::vector<SlowRow> rows(3);
    rows[0].seconds = 0.2;
    rows[1].seconds = 0.1;
    rows[2].seconds = 0.3;
    const auto slow = slower_than(rows, 0.1);
    REQUIRE(slow.size() == 2);
    CHECK(slow[0].seconds == 0.2);
    CHECK(slow[1].seconds == 0.3);
}
