#include "exporter/app/check_output.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace dnsexp;

namespace {

CheckReport report() {
    CheckReport report;
    report.kernel = "Linux 6.1";
    report.rows = {{"kernel", "counting", Finding::yes, "Linux 6.1", ""},
                   {"TCX", "counting", Finding::no, "try: Invalid argument", "Linux 6.6 or later"},
                   {"interface eth\x1b[0m", "counting", Finding::partly, std::string(60, 'x') + " tail", ""},
                   {"uprobes", "calls", Finding::unknown, "not tried", ""}};
    report.counting = true;
    report.backend = "kprobe";
    return report;
}

bool has(const std::vector<std::string>& lines, const std::string& line) {
    return std::find(lines.begin(), lines.end(), line) != lines.end();
}

}  // namespace

TEST_CASE("Without a terminal each row is a line below the heading of its purpose") {
    const auto lines = check_table(report(), 0);
    CHECK(lines[0] == "Counting");
    CHECK(has(lines, "  kernel                yes      Linux 6.1"));
    CHECK(has(lines, "  TCX                   no       try: Invalid argument -> Linux 6.6 or later"));
    CHECK(has(lines, R"(  interface eth\027[0m  partly   )" + std::string(60, 'x') + " tail"));
    const auto calls = std::find(lines.begin(), lines.end(), "Calls of getaddrinfo()");
    REQUIRE(calls != lines.end());
    CHECK(*(calls + 1) == "  uprobes               unknown  not tried");
    CHECK(lines.back() == "works here: counting yes, workloads yes (kprobe), calls of getaddrinfo() no");
}

TEST_CASE("On a terminal no line is wider than it, and the remedy has lines of its own") {
    for (const size_t width : {60u, 80u, 200u}) {
        const auto lines = check_table(report(), width);
        for (const std::string& line : lines) {
            INFO(line);
            CHECK(line.size() <= width);
            CHECK(std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '~'; }));
        }
        CHECK(has(lines, std::string(33, ' ') + "-> Linux 6.6 or later"));
    }
    CHECK(check_table(report(), 1) == check_table(report(), kCheckWidthMin));
}

TEST_CASE("JSON has every row with its words, and what can be done") {
    const auto json = nlohmann::json::parse(check_json(report()));
    CHECK(json["kernel"] == "Linux 6.1");
    CHECK(json["version"].is_string());
    REQUIRE(json["rows"].size() == 4);
    CHECK(json["rows"][0] == nlohmann::json{{"name", "kernel"},
                                            {"for", "counting"},
                                            {"result", "yes"},
                                            {"detail", "Linux 6.1"},
                                            {"remedy", nullptr}});
    CHECK(json["rows"][1]["result"] == "no");
    CHECK(json["rows"][1]["remedy"] == "Linux 6.6 or later");
    CHECK(json["rows"][2]["result"] == "partly");
    CHECK(json["rows"][3]["result"] == "unknown");
    CHECK(json["can"] ==
          nlohmann::json{
              {"counting", true}, {"workloads", true}, {"workload_backend", "kprobe"}, {"calls", false}});
    CheckReport nothing;
    CHECK(nlohmann::json::parse(check_json(nothing))["can"] ==
          nlohmann::json{
              {"counting", false}, {"workloads", false}, {"workload_backend", nullptr}, {"calls", false}});
}

TEST_CASE("JSON of names that are no UTF-8 can still be read") {
    CheckReport odd;
    odd.rows = {{"interface \xff\x1b", "counting", Finding::yes, "\xc3", ""}};
    const std::string text = check_json(odd);
    CHECK(nlohmann::json::accept(text));
    CHECK(std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; }));
}
