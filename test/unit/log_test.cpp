#include "exporter/base/log.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>
#include <thread>
#include <vector>

#include "test/support/captured_stderr.h"

using namespace dnsexp;
using dnsexp::testing::captured_stderr;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

// Whatever a case sets, the next begins with the defaults.
struct Defaults {
    ~Defaults() { log_configure(LogLevel::info, LogFormat::logfmt); }
};

std::string every_octet() {
    std::string text;
    for (int c = 0; c < 256; ++c) text += static_cast<char>(c);
    return text;
}

}  // namespace

TEST_CASE("A record of logfmt begins with time and level as Prometheus's programs write them") {
    const auto lines = lines_of(captured_stderr([] {
        log_info("it works", {{"path", "/x"}, {"n", "1"}, {"e", ""}});
    }));
    REQUIRE(lines.size() == 1);
    const std::regex record(
        R"(ts=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z level=info msg="it works" path=/x n=1 e="")");
    INFO(lines[0]);
    CHECK(std::regex_match(lines[0], record));
}

TEST_CASE("A record of JSON is valid, of one line and of ASCII, whatever the values hold") {
    const Defaults defaults;
    log_configure(LogLevel::info, LogFormat::json);
    const auto text = captured_stderr([] { log_warn("odd", {{"value", every_octet()}, {"empty", ""}}); });
    REQUIRE(lines_of(text).size() == 1);
    CHECK(std::all_of(text.begin(), text.end(), [](char c) { return (c >= ' ' && c < 0x7f) || c == '\n'; }));
    const auto json = nlohmann::json::parse(text);
    CHECK(json.at("level") == "warn");
    CHECK(json.at("msg") == "odd");
    CHECK(json.at("empty").get<std::string>().empty());
    CHECK(json.at("ts").get<std::string>().size() == 24);
}

TEST_CASE("A record of logfmt stays one line of ASCII, and its values can't make fields") {
    const auto text = captured_stderr([] {
        log_warn("odd", {{"value", every_octet()}, {"forged", "x level=error"}, {"pair", "a=b"}});
    });
    REQUIRE(lines_of(text).size() == 1);
    CHECK(std::all_of(text.begin(), text.end(), [](char c) { return (c >= ' ' && c < 0x7f) || c == '\n'; }));
    CHECK(text.find(R"(forged="x level=error" pair="a=b")") != std::string::npos);
}

TEST_CASE("What is below the level is not written") {
    const Defaults defaults;
    log_configure(LogLevel::warn, LogFormat::logfmt);
    const auto lines = lines_of(captured_stderr([] {
        log_debug("a");
        log_info("b");
        log_warn("c");
        log_error("d");
    }));
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].find("level=warn msg=c") != std::string::npos);
    CHECK(lines[1].find("level=error msg=d") != std::string::npos);
}

// The limit can't be taken back: in this program it holds from here on, and of each text for itself.
TEST_CASE("Threads together write a message ten times, each record whole, and debug without limit") {
    const Defaults defaults;
    log_configure(LogLevel::debug, LogFormat::json);
    const auto before = lines_of(captured_stderr([] {
        for (int i = 0; i < 30; ++i) log_info("of the start", {{"i", std::to_string(i)}});
    }));
    CHECK(before.size() == 30);
    log_limit_repeats();
    const auto lines = lines_of(captured_stderr([] {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([] {
                for (int i = 0; i < 100; ++i) {
                    log_warn("many threads", {{"i", std::to_string(i)}});
                    log_debug("detail");
                }
            });
    }));
    size_t warned = 0;
    size_t detailed = 0;
    for (const std::string& line : lines) {
        const auto json = nlohmann::json::parse(line);
        warned += json.at("msg") == "many threads" ? 1u : 0u;
        detailed += json.at("msg") == "detail" ? 1u : 0u;
    }
    CHECK(warned == 10);
    CHECK(detailed == 400);
}
