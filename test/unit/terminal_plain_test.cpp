#include "exporter/terminal/plain.h"

#include <catch2/catch.hpp>

using namespace dnsexp;

namespace {

bool is_one_printable_line(const std::string& text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
}

}  // namespace

TEST_CASE("A summary is one line") {
    View view;
    view.unix_ns = 1'709'251'199'000'000'000;
    view.rate = 123.4;
    view.active = 2;
    view.outcomes = {{"NOERROR", 0.95}, {"NXDOMAIN", 0.05}};
    view.p50 = 0.00123;
    view.p95 = 0.0123;
    view.p99 = 1.5;
    view.mean_seconds = 0.002;
    view.domains = {{"example.com", 5.0, {}}, {"b", 1.0, {}}};
    CHECK(plain_summary(view) ==
          "2024-02-29T23:59:59Z queries/s=123 waiting=2 NOERROR=95.0% NXDOMAIN=5.0% p50=1.23ms p95=12.3ms "
          "p99=1.50s mean=2.00ms domain=example.com");
}

TEST_CASE("A slow transaction and an alert are one line each, without what is not known") {
    CHECK(
        plain_slow({"2024-02-29T23:59:59.5Z", "a.example", "A", "192.0.2.1", "10.0.0.1", "NOERROR", "dig", "",
                    0.15}) ==
        "2024-02-29T23:59:59.5Z slow=150ms name=a.example type=A server=192.0.2.1 outcome=NOERROR comm=dig");
    CHECK(plain_slow({}) == "- slow=0s");
    CHECK(plain_alert({"2024-02-29T23:59:59Z", "DGA", "high", "a.example", "10.0.0.1"}) ==
          "2024-02-29T23:59:59Z alert=DGA severity=high domain=a.example client=10.0.0.1");
}

TEST_CASE("Nothing in a line can end it, hide it or make a second value") {
    const std::string evil = "a\x1b[2J\nb c=\r\x9b";
    View view;
    view.outcomes = {{evil, 1}};
    view.domains = {{evil, 1.0, {}}};
    for (const auto& line :
         {plain_summary(view), plain_slow({evil, evil, evil, evil, evil, evil, evil, evil, 1}),
          plain_alert({evil, evil, evil, evil, evil})}) {
        INFO(line);
        CHECK(is_one_printable_line(line));
        CHECK(line.find("b c") == std::string::npos);
    }
    SlowRow row;
    row.name = "a b";
    CHECK(plain_slow(row) == "- slow=0s name=a_b");
}

TEST_CASE("Newcomers are those that were not there before, each once") {
    using Indices = std::vector<size_t>;
    Newcomers newcomers;
    CHECK(newcomers.of({"b", "a"}) == Indices{0, 1});
    CHECK(newcomers.of({"b", "a"}).empty());
    CHECK(newcomers.of({"d", "b", "c"}) == Indices{0, 2});
    CHECK(newcomers.of({}).empty());
}

TEST_CASE("Two transactions differ by any of their parts but the process, whose name may come later") {
    const SlowRow one{"t", "n", "A", "s", "c", "NOERROR", "", "", 0.1};
    SlowRow other = one;
    other.comm = "dig";
    other.place = "pod";
    CHECK(identity(one) == identity(other));
    for (auto field : {&SlowRow::time, &SlowRow::name, &SlowRow::type, &SlowRow::server, &SlowRow::client}) {
        other = one;
        other.*field = "x";
        CHECK(identity(one) != identity(other));
    }
    other = one;
    other.seconds = 0.2;
    CHECK(identity(one) != identity(other));
    CHECK(identity(AlertRow{"t", "DGA", "high", "d", "c"}) !=
          identity(AlertRow{"t", "DGA", "high", "d", "x"}));
}
