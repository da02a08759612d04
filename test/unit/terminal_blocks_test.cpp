#include "exporter/terminal/blocks.h"

#include <catch2/catch.hpp>
#include <numeric>

#include "exporter/terminal/text.h"

using namespace dnsexp;

namespace {

constexpr Style ascii{false};
constexpr Style unicode{true};
const std::string full_block = "\xe2\x96\x88";

View histogram_of(std::vector<uint64_t> buckets) {
    View view;
    for (size_t i = 1; i < buckets.size(); ++i) view.edges.push_back(0.001 * static_cast<double>(i));
    view.buckets = std::move(buckets);
    return view;
}

}  // namespace

TEST_CASE("A bar is as long as its share") {
    CHECK(bar(0, 8, ascii) == "        ");
    CHECK(bar(0.5, 8, ascii) == "####    ");
    CHECK(bar(1, 8, ascii) == "########");
    CHECK(bar(0.001, 8, ascii) == "#       ");  // something is seen
    CHECK(bar(5, 4, ascii) == "####");
    CHECK(bar(0.5, 0, ascii) == "");
    CHECK(bar(1, 2, unicode) == full_block + full_block);
    CHECK(bar(0.75, 2, unicode) == full_block + "\xe2\x96\x8c");  // U+258C, a left half
    CHECK(bar(0.001, 2, unicode) == "\xe2\x96\x8f ");             // U+258F, a left eighth
    for (int i = 0; i <= 100; ++i) {
        REQUIRE(columns(bar(i / 100.0, 13, ascii)) == 13);
        REQUIRE(columns(bar(i / 100.0, 13, unicode)) == 13);
    }
}

TEST_CASE("A title fills its line") {
    CHECK(title_line("SLOW", 12, ascii) == "- SLOW -----");
    CHECK(title_line("SLOW", 7, ascii) == "- SLOW ");
    CHECK(title_line("SLOW", 6, ascii) == "SLOW  ");
    CHECK(title_line("SLOW", 3, ascii) == "SL~");
    CHECK(columns(title_line("SLOW", 30, unicode)) == 30);
}

TEST_CASE("A histogram has a row for each bucket between the first and the last that holds something") {
    const View view = histogram_of({0, 30, 0, 10, 0});
    CHECK(histogram_height(view) == 3);
    const Lines lines = histogram_rows(view, 26, 10, ascii);
    REQUIRE(lines.size() == 3);
    CHECK(lines[0] == "<=2.00ms ##########  75.0%");
    CHECK(lines[1] == "<=3.00ms              0.0%");
    CHECK(lines[2] == "<=4.00ms ###         25.0%");
}

TEST_CASE("What lies above the last edge has a row of its own") {
    const Lines lines = histogram_rows(histogram_of({1, 0, 0, 1}), 26, 10, ascii);
    REQUIRE(lines.size() == 4);
    CHECK(lines[3].starts_with(" >3.00ms"));
}

TEST_CASE("Buckets are joined where there are more than rows, and none is lost") {
    const View view = histogram_of({1, 2, 3, 4, 5, 6, 7});
    for (size_t rows = 1; rows <= 8; ++rows) {
        const Lines lines = histogram_rows(view, 60, rows, ascii);
        INFO(rows);
        CHECK(lines.size() == std::min<size_t>(rows, 7));
        double percent = 0;
        for (const auto& line : lines) percent += std::stod(line.substr(line.size() - 7));
        CHECK(percent == Approx(100).margin(0.4));
    }
    const Lines lines = histogram_rows(view, 60, 3, ascii);
    REQUIRE(lines.size() == 3);
    CHECK(lines[0].starts_with("<=2.00ms"));
    CHECK(lines[0].ends_with(" 10.7%"));  // 1 + 2 of 28
    CHECK(lines[1].starts_with("<=4.00ms"));
    CHECK(lines[2].starts_with(" >4.00ms"));
}

TEST_CASE("Without a sample there is no histogram") {
    CHECK(histogram_rows(histogram_of({0, 0, 0}), 40, 5, ascii).empty());
    CHECK(histogram_rows(View{}, 40, 5, ascii).empty());
    CHECK(histogram_height(View{}) == 0);
    CHECK(histogram_rows(histogram_of({1, 1}), 40, 0, ascii).empty());
}

TEST_CASE("A top list has names, rates and, where there is room, means") {
    const std::vector<TopRow> top = {{"example.com", 12.5, 0.0015}, {"b.example", {}, {}}};
    const Lines wide = top_rows(top, 40, 10, ascii);
    REQUIRE(wide.size() == 2);
    CHECK(wide[0] == "example.com               12.5/s  1.50ms");
    CHECK(wide[1] == "b.example                    -/s       -");
    CHECK(top_rows(top, 26, 10, ascii)[0] == "example.com         12.5/s");
    CHECK(top_rows(top, 10, 10, ascii)[0] == "example.c~");
    CHECK(top_rows(top, 40, 1, ascii).size() == 1);
    CHECK(top_rows({{"a", 1.0, {}}}, 40, 1, ascii)[0] == "a                                 1.00/s");
}

TEST_CASE("Slow ones show more the more room there is") {
    const std::vector<SlowRow> slow = {{"2024-02-29T23:59:59.123456789Z", "www.example.com", "AAAA",
                                        "192.0.2.53", "10.0.0.1", "NXDOMAIN", "dig", "shop/web-1", 0.15}};
    CHECK(slow_rows(slow, 40, 5, ascii)[0] == "23:59:59.123   150ms www.example.com    ");
    CHECK(slow_rows(slow, 60, 5, ascii)[0] == "23:59:59.123   150ms www.example.com   AAAA  192.0.2.53     ");
    const std::string wide = slow_rows(slow, 120, 5, ascii)[0];
    CHECK(wide.find("NXDOMAIN dig             shop/web-1") != std::string::npos);
    CHECK(columns(wide) == 120);
    CHECK(slow_rows({SlowRow{}}, 40, 5, ascii)[0].starts_with("- "));
}

TEST_CASE("Alerts show time, severity, domain and kind") {
    const std::vector<AlertRow> alerts = {
        {"2024-02-29T23:59:59Z", "TUNNELING", "high", "evil.example", "10.0.0.1"}};
    const std::string line = alert_rows(alerts, 80, 5, ascii)[0];
    CHECK(line.starts_with("23:59:59 high   evil.example "));
    CHECK(line.find("TUNNELING         10.0.0.1") != std::string::npos);
    CHECK(columns(line) == 80);
}
