#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>
#include <string>

#include "exporter/config/config_keys.h"
#include "exporter/fold/names.h"
#include "exporter/metrics/catalogue.h"

using namespace dnsexp;

namespace {

std::string text_of(const std::string& path) {
    std::ifstream file(DNSEXP_SOURCE_DIR "/" + path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

std::string readme() {
    return text_of("README.md");
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

TEST_CASE("README and its parts name no metric that the catalogue lacks") {
    std::string text = readme();
    for (const char* part : {"workloads", "resolvers", "protocol", "configuration", "security", "terminal"})
        text += text_of(std::string("docs/") + part + ".md");
    const auto all = catalogue();
    for (const char* begin : {"`dns_", "`ebpf_dns_exporter_"})
        for (size_t at = text.find(begin); at != std::string::npos; at = text.find(begin, at + 1)) {
            const size_t end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_", at + 1);
            const std::string name = text.substr(at + 1, end - at - 1);
            INFO(name);
            CHECK(
                std::any_of(all.begin(), all.end(), [&](const auto& metric) { return name == metric.name; }));
        }
}

TEST_CASE("The manual says what every result of a TCP segment and of a walk to an OPT record means") {
    const std::string text = text_of("docs/protocol.md");
    for (uint32_t reason = 0; reason < DNS_REASONS; ++reason) {
        const std::string name(reason_name(reason));
        INFO(name);
        if (name == "tcp_lost")
            CHECK(text.find("`dns_parse_errors_total{reason=\"tcp_lost\"}`") != std::string::npos);
        else if (name.starts_with("tcp_") || reason == DNS_OK)
            CHECK_FALSE(row_of(text, name).empty());
    }
    for (uint32_t result = 0; result < DNS_EDNS_RESULTS; ++result) {
        const std::string name(edns_result_name(result));
        INFO(name);
        CHECK(row_of(readme(), "dns_edns_walks_total").find("`" + name + "`") != std::string::npos);
    }
}

TEST_CASE("README and the example name every tunnel that can be selected") {
    const std::string text = readme();
    std::ifstream file(DNSEXP_SOURCE_DIR "/deploy/config.example.yaml");
    std::stringstream example;
    example << file.rdbuf();
    for (const ConfigKey& key : config_keys()) {
        if (key.name != "tunnels") continue;
        std::istringstream words(key.rule.allowed.substr(key.rule.allowed.find("of gre") + 3));
        for (std::string word; std::getline(words >> std::ws, word, ',');) {
            INFO(word);
            CHECK(text.find("`" + word + "`") != std::string::npos);
            CHECK(example.str().find(word) != std::string::npos);
        }
    }
}
