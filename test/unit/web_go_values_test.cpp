#include "exporter/web/go_values.h"

#include <catch2/catch.hpp>

using namespace dnsexp;

namespace {

template <typename Parsed>
bool refused(const Parsed& parsed) {
    return parsed.index() == 1;
}

}  // namespace

TEST_CASE("Where the toolkit wants text, any YAML scalar will do and null is empty") {
    CHECK(std::get<0>(go_text(YAML::Load("1"))) == "1");
    CHECK(std::get<0>(go_text(YAML::Load("true"))) == "true");
    CHECK(std::get<0>(go_text(YAML::Load("~"))).empty());
    CHECK(refused(go_text(YAML::Load("[a]"))));
    CHECK(refused(go_text(YAML::Load("{a: b}"))));
}

// YAML 1.1's type repository, bool.
TEST_CASE("A truth value is written as in YAML 1.1, without quotes") {
    for (const char* yes : {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"})
        CHECK(std::get<0>(go_truth(YAML::Load(yes))));
    for (const char* no : {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF", "~"})
        CHECK_FALSE(std::get<0>(go_truth(YAML::Load(no))));
    for (const char* wrong : {"\"yes\"", "tRue", "1", "[true]"}) CHECK(refused(go_truth(YAML::Load(wrong))));
}

// The documentation of Go's time.ParseDuration.
TEST_CASE("A duration is a sum of decimal numbers with units, or nanoseconds") {
    using namespace std::chrono_literals;
    const auto of = [](const char* text) { return std::get<0>(go_duration(YAML::Load(text))); };
    CHECK(of("300ms") == 300ms);
    CHECK(of("-1.5h") == -90min);
    CHECK(of("2h45m") == 165min);
    CHECK(of("\"1s\"") == 1s);
    CHECK(of("1us") == 1us);
    CHECK(of("1\xc2\xb5s") == 1us);
    CHECK(of("7") == 7ns);
    CHECK(of("0") == 0ns);
    CHECK(of("\"0\"") == 0ns);
    CHECK(of("~") == 0ns);
    for (const char* wrong :
         {"\"1\"", "1 s", "1d", "s", ".s", "1.2.3s", "\"\"", "-", "1e3s", "300000h300000h3000000h", "[1s]"})
        CHECK(refused(go_duration(YAML::Load(wrong))));
}

TEST_CASE("A whole number may be negative, and none is read from text in quotes") {
    CHECK(std::get<0>(go_whole(YAML::Load("-5"))) == -5);
    CHECK(std::get<0>(go_whole(YAML::Load("+20"))) == 20);
    for (const char* wrong : {"\"1\"", "1.5", "1s", "9223372036854775808", "+"})
        CHECK(refused(go_whole(YAML::Load(wrong))));
}

TEST_CASE("No message tells the value, which may be a secret") {
    for (const char* text : {"hunter2", "\"hunter2\""}) {
        CHECK(std::get<1>(go_truth(YAML::Load(text))).find("hunter2") == std::string::npos);
        CHECK(std::get<1>(go_whole(YAML::Load(text))).find("hunter2") == std::string::npos);
        CHECK(std::get<1>(go_duration(YAML::Load(text))).find("hunter2") == std::string::npos);
    }
}
