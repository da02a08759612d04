#include "exporter/terminal/layout.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "exporter/terminal/text.h"

using namespace dnsexp;

namespace {

View busy_view() {
    View view;
    view.source = "http://127.0.0.1:10153";
    view.unix_ns = 1'709'251'199'000'000'000;
    view.window_seconds = 60;
    view.interfaces = {"eth0", "lo"};
    view.rate = 1234.5;
    view.queries = 98765;
    view.active = 7;
    view.outcomes = {{"NOERROR", 0.9}, {"NXDOMAIN", 0.08}, {"SERVFAIL", 0.015}, {"TIMEOUT", 0.005}};
    view.edges = {0.001, 0.01, 0.1, 1};
    view.buckets = {50, 30, 15, 4, 1};
    view.p50 = 0.001;
    view.p95 = 0.1;
    view.p99 = 0.9;
    view.mean_seconds = 0.02;
    view.min_seconds = 0.0002;
    view.max_seconds = 1.5;
    for (int i = 0; i < 30; ++i) {
        const std::string number = std::to_string(i);
        view.domains.push_back({"domain" + number + ".example", 100.0 - i, {}});
        view.servers.push_back({"192.0.2." + number, 90.0 - i, 0.01});
        view.workloads.push_back({"program" + number, 80.0 - i, 0.02});
        view.slow.push_back({"2024-02-29T23:59:59.123456789Z", "slow" + number + ".example", "A", "192.0.2.1",
                             "10.0.0.1", "NOERROR", "dig", "shop/web", 0.2});
    }
    view.slow_threshold_seconds = 0.1;
    return view;
}

bool is_clean(const std::string& line) {
    const bool has_control = std::any_of(line.begin(), line.end(), [](char c) {
        return static_cast<uint8_t>(c) < 0x20 || static_cast<uint8_t>(c) == 0x7f;
    });
    // U+0080 to U+009F, C1, are C2 80 to C2 9F in UTF-8.
    return !has_control && line.find('\xc2') == std::string::npos;
}

void check_fits(const Lines& lines, Size size) {
    INFO(size.width << "x" << size.height);
    REQUIRE(lines.size() <= size.height);
    for (const std::string& line : lines) {
        INFO(line);
        REQUIRE(columns(line) <= size.width);
        REQUIRE(is_clean(line));
    }
}

bool shows(const Lines& lines, const std::string& part) {
    return std::any_of(lines.begin(), lines.end(),
                       [&](const std::string& line) { return line.find(part) != std::string::npos; });
}

size_t count_of(const Lines& lines, const std::string& part) {
    return static_cast<size_t>(std::count_if(lines.begin(), lines.end(), [&](const std::string& line) {
        return line.find(part) != std::string::npos;
    }));
}

}  // namespace

TEST_CASE("On 80x24 everything has its place") {
    const Size size{80, 24};
    const Lines lines = layout(busy_view(), size, {});
    check_fits(lines, size);
    CHECK(lines.size() == 24);
    CHECK(lines[0].starts_with("http://127.0.0.1:10153 "));
    CHECK(lines[0].ends_with(" 23:59:59 UTC"));
    CHECK(lines[1] == "1.23k queries/s  7 waiting  last 60 s  98.8k in all  eth0  lo");
    CHECK(lines[2] == "NOERROR 90.0%  NXDOMAIN 8.0%  SERVFAIL 1.5%  TIMEOUT 0.5%");
    CHECK(lines[3] == "P50 1.00ms  P95 100ms  P99 900ms  mean 20.0ms  min 200us  max 1.50s");
    for (const char* part :
         {"LATENCY", "DOMAINS", "SERVERS", "WORKLOADS", "SLOW, above 100ms", "domain0.example", "192.0.2.0",
          "program0", "slow0.example", "<=1.00ms", ">1.00s", " 50.0%", "100/s"}) {
        INFO(part);
        CHECK(shows(lines, part));
    }
    CHECK_FALSE(shows(lines, "ALERTS"));
}

TEST_CASE("On 40x10 the most important is there") {
    const Size size{40, 10};
    const Lines lines = layout(busy_view(), size, {});
    check_fits(lines, size);
    CHECK(lines.size() == 10);
    for (const char* part : {"1.23k queries/s", "NOERROR 90.0%", "P50 1.00ms", "DOMAINS", "domain0.example",
                             "SLOW", "slow0.example"}) {
        INFO(part);
        CHECK(shows(lines, part));
    }
}

TEST_CASE("On 200x60 there is more of all") {
    const Size size{200, 60};
    const Lines lines = layout(busy_view(), size, {true});
    check_fits(lines, size);
    CHECK(lines.size() == 60);
    CHECK(count_of(lines, "domain") > 10);
    CHECK(count_of(lines, "192.0.2.") > 10);
    CHECK(count_of(lines, "slow") > 10);
    CHECK(shows(lines, "shop/web"));
}

TEST_CASE("In two columns the right one begins in the same place in each line") {
    const Lines lines = layout(busy_view(), {80, 24}, {});
    const auto title = std::find_if(lines.begin(), lines.end(), [](const std::string& line) {
        return line.find("SERVERS") != std::string::npos;
    });
    REQUIRE(title != lines.end());
    CHECK(title->find("- WORKLOADS") == 41);
    CHECK((title + 1)->find("program0") == 41);
    CHECK(title->size() == 80);
}

TEST_CASE("An empty view says so and fits") {
    View view;
    view.source = "programs of its own";
    for (const Size size : {Size{80, 24}, Size{40, 10}, Size{200, 60}}) {
        const Lines lines = layout(view, size, {});
        check_fits(lines, size);
        CHECK(shows(lines, "- queries/s  0 waiting  since start"));
        CHECK(shows(lines, "no query has ended yet"));
        CHECK(shows(lines, "none"));
        CHECK(shows(lines, "P50 -"));
    }
}

TEST_CASE("What is wrong is said in the second line") {
    View view = busy_view();
    view.notice = "no answer: connection refused\x1b[2J";
    const Lines lines = layout(view, {80, 24}, {});
    CHECK(lines[1].starts_with("! no answer: connection refused\\027[2J"));
    check_fits(lines, {80, 24});
}

TEST_CASE("Alerts have a part of their own where the exporter tells of them") {
    View view = busy_view();
    view.alerts.emplace();
    CHECK(shows(layout(view, {80, 40}, {}), "ALERTS"));
    view.alerts->push_back({"2024-02-29T23:59:59Z", "DGA", "high", "evil.example", "10.0.0.1"});
    CHECK(shows(layout(view, {80, 24}, {}), "evil.example"));
}

TEST_CASE("Hostile names and names of 300 octets neither leave their place nor reach the terminal raw") {
    View view = busy_view();
    const std::string evil = "\x1b[2J\x1b]0;x\x07\n\r\x7f\xc2\x9b\xff" + std::string(300, 'w');
    view.source = view.notice = evil;
    view.interfaces = {evil, "\n"};
    view.outcomes = {{evil, 0.5}, {"\x1b", 0.5}};
    view.alerts.emplace();
    for (size_t i = 0; i < 5; ++i) {
        for (auto* rows : {&view.domains, &view.servers, &view.workloads}) (*rows)[i].name = evil;
        view.slow[i] = {evil, evil, evil, evil, evil, evil, evil, evil, 1e300};
        view.alerts->push_back({evil, evil, evil, evil, evil});
    }
    for (const Style style : {Style{false}, Style{true}})
        for (const Size size : {Size{80, 24}, Size{40, 10}, Size{200, 60}, Size{1000, 100}}) {
            const Lines lines = layout(view, size, style);
            check_fits(lines, size);
            CHECK(shows(lines, "\\027[2J"));
        }
}

TEST_CASE("It fits any terminal, down to nothing") {
    const View view = busy_view();
    std::mt19937_64 random(7);
    for (size_t width = 0; width <= 90; ++width)
        for (size_t height = 0; height <= 30; ++height)
            check_fits(layout(view, {width, height}, {random() % 2 == 0}), {width, height});
    for (int i = 0; i < 300; ++i) {
        const Size size{random() % 400, random() % 200};
        check_fits(layout(view, size, {i % 2 == 0}), size);
    }
}

TEST_CASE("From 40x10 up, rate, outcomes, latency and one list are always there") {
    for (size_t width = 40; width <= 220; width += 3)
        for (size_t height = 10; height <= 80; height += 3) {
            const Lines lines = layout(busy_view(), {width, height}, {});
            INFO(width << "x" << height);
            for (const char* part : {"queries/s", "NOERROR", "P50", "P95", "P99", "domain0", "slow0"})
                CHECK(shows(lines, part));
        }
}

TEST_CASE("Without UTF-8 every octet is ASCII") {
    for (const std::string& line : layout(busy_view(), {120, 40}, {false}))
        CHECK(std::all_of(line.begin(), line.end(), [](char c) { return c >= 0x20 && c <= 0x7e; }));
    CHECK(shows(layout(busy_view(), {120, 40}, {true}), "\xe2\x96\x88"));
}

TEST_CASE("Numbers out of any range do not break the frame") {
    View view = busy_view();
    view.rate = 1e300;
    view.queries = view.active = UINT64_MAX;
    view.p50 = view.mean_seconds = view.max_seconds = 1e300;
    view.window_seconds = 1e15;
    view.buckets = {UINT64_MAX / 2, UINT64_MAX / 2, 1, 0, UINT64_MAX};
    for (auto* rows : {&view.domains, &view.servers, &view.workloads}) rows->at(0) = {"x", 1e300, 1e300};
    for (const Size size : {Size{80, 24}, Size{40, 10}, Size{200, 60}})
        check_fits(layout(view, size, {}), size);
}
