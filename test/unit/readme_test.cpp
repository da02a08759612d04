#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>
#include <string>

#include "exporter/metrics/catalogue.h"

using namespace dnsexp;

namespace {

std::string readme() {
    std::ifstream file(DNSEXP_SOURCE_DIR "/README.md");
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

// The table row that names the metric, or "".
std::string row_of(const std::string& text, const std::string& metric) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with("|") && line.find("`" + metric + "`") != std::string::npos) return line;
    return "";
}

}  // namespace

TEST_CASE("README's table has every metric of the catalogue with its labels") {
    const std::string text = readme();
    for (const auto& metric : catalogue()) {
        INFO(metric.name);
        const std::string row = row_of(text, std::string(metric.name));
        REQUIRE_FALSE(row.empty());
        for (const auto& label : labels_of(metric)) {
            INFO(label);
            CHECK(row.find(std::string(label)) != std::string::npos);
        }
    }
}

TEST_CASE("README names no metric that the catalogue lacks") {
    const std::string text = readme();
    const auto all = catalogue();
    for (size_t at = text.find("`dns_"); at != std::string::npos; at = text.find("`dns_", at + 1)) {
        const size_t end = text.find_first_of("`{", at + 1);
        const std::string name = text.substr(at + 1, end - at - 1);
        INFO(name);
        CHECK(std::any_of(all.begin(), all.end(), [&](const auto& metric) { return name == metric.name; }));
    }
}
