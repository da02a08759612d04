// docs/configuration.md against the table of keys and the example, whose values a test of its own compares
// with the defaults.
#include <yaml-cpp/yaml.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "exporter/config/config_keys.h"

using namespace dnsexp;

namespace {

using Cells = std::vector<std::string>;

Cells cells_of(const std::string& row) {
    Cells cells;
    size_t begin = row.find("| ") + 2;
    for (size_t end = row.find(" | ", begin); end != std::string::npos; end = row.find(" | ", begin)) {
        cells.push_back(row.substr(begin, end - begin));
        begin = end + 3;
    }
    cells.push_back(row.substr(begin, row.rfind(" |") - begin));
    return cells;
}

std::string without_ticks(const std::string& cell) {
    const bool has = cell.size() > 2 && cell.front() == '`' && cell.back() == '`';
    return has ? cell.substr(1, cell.size() - 2) : "without back ticks: " + cell;
}

// The cells of each key's row, by "section.key".
std::map<std::string, Cells> reference() {
    std::ifstream file(DNSEXP_SOURCE_DIR "/docs/configuration.md");
    std::map<std::string, Cells> rows;
    std::string section;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("## ")) section = line.substr(3);
        if (!line.starts_with("| `")) continue;
        const Cells cells = cells_of(line);
        INFO(line);
        CHECK(rows.emplace(section + "." + without_ticks(cells[0]), cells).second);
    }
    return rows;
}

std::string as_text(const YAML::Node& node) {
    YAML::Emitter emitter;
    emitter << YAML::Flow << node;
    return emitter.c_str();
}

}  // namespace

TEST_CASE("The reference of the configuration has every key and no other") {
    const auto rows = reference();
    CHECK(rows.size() == config_keys().size());
    for (const ConfigKey& key : config_keys()) {
        INFO(key.section << "." << key.name);
        CHECK(rows.contains(key.section + "." + key.name));
    }
}

TEST_CASE("The reference says each key's default, what is allowed, when it applies and what it does") {
    const auto rows = reference();
    const YAML::Node example = YAML::LoadFile(DNSEXP_SOURCE_DIR "/deploy/config.example.yaml");
    for (const ConfigKey& key : config_keys()) {
        INFO(key.section << "." << key.name);
        const auto found = rows.find(key.section + "." + key.name);
        if (found == rows.end()) continue;  // told by the case above
        const Cells& cells = found->second;
        REQUIRE(cells.size() == 5);
        CHECK(as_text(YAML::Load(without_ticks(cells[1]))) == as_text(example[key.section][key.name]));
        CHECK(cells[2] == key.rule.allowed);
        CHECK(cells[3] == (key.rule.applies == Applies::on_reload ? "reload" : "restart"));
        CHECK(cells[4].size() > 20);
    }
}
