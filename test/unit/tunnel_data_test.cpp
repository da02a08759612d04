// Tunnels that were captured, and names that are none: a few of the project's own, and all of a data
// collection where the environment variable DNSEXP_DATA names its folder.

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>

#include "exporter/security/domain_watch.h"
#include "exporter/security/name_signals.h"
#include "test/support/judged_queries.h"

using namespace dnsexp;
using namespace dnsexp::testing;

namespace {

const std::string own_data = DNSEXP_SOURCE_DIR "/test/data/tunnel/";

std::vector<std::string> lines_of(std::istream& text) {
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);)
        if (!line.empty() && line[0] != '#') lines.push_back(line);
    return lines;
}

std::vector<std::string> lines_of_file(const std::string& path) {
    std::ifstream file(path);
    return lines_of(file);
}

std::vector<std::string> lines_of_packed(const std::string& path) {
    std::FILE* const pipe = ::popen(("xz -dc '" + path + "'").c_str(), "r");
    std::string text;
    std::array<char, 65536> buffer{};
    while (pipe != nullptr) {
        const size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe);
        if (got == 0) break;
        text.append(buffer.data(), got);
    }
    if (pipe != nullptr) ::pclose(pipe);
    std::istringstream lines(text);
    return lines_of(lines);
}

// No field of these lists is quoted but where a name has a comma, of which they have none.
std::vector<std::string> fields_of(const std::string& line) {
    std::vector<std::string> fields;
    std::istringstream text(line);
    for (std::string field; std::getline(text, field, ',');) fields.push_back(field);
    return fields;
}

struct Judges {
    JudgedQueries queries;
    NameSignals signals{SecurityConfig{}};
    DomainWatch watch{SecurityConfig{}};
    FindingShelf shelf;
    size_t suspected = 0;  // queries at which something at medium or above was found

    void judge(const Asked& asked) {
        FindingShelf here;
        const JudgedQuery& query = queries.of(asked);
        signals.judge(query, here);
        watch.judge(query, here);
        bool is_suspected = false;
        for (Finding& one : here.findings) {
            is_suspected = is_suspected || one.severity >= Severity::medium;
            shelf.findings.push_back(std::move(one));
        }
        suspected += is_suspected ? 1 : 0;
    }
};

Asked asked_at(const std::string& name, uint16_t type, double seconds, uint16_t size) {
    return {.name = name,
            .type = type,
            .outcome = size == 0 ? uint16_t{DNS_OUTCOME_TIMEOUT} : uint16_t{0},
            .time_ns = 3600 * one_second + static_cast<uint64_t>(seconds * 1e9),
            .response_size = size};
}

using Sessions = std::map<std::string, std::vector<Asked>>;

void check_caught(const Sessions& sessions) {
    REQUIRE_FALSE(sessions.empty());
    for (const auto& [name, queries] : sessions) {
        INFO(name);
        auto judges = std::make_unique<Judges>();
        for (size_t i = 0; i < std::min<size_t>(queries.size(), 200); ++i) judges->judge(queries[i]);
        // What asks three times or less is no session.
        CHECK(judges->shelf.count(EventType::tunneling,
                                  queries.size() > 3 ? Severity::high : Severity::medium) > 0);
    }
}

// Each name once, one after the other.
void check_quiet(const std::vector<std::string>& names, double seconds_apart, uint16_t type) {
    REQUIRE_FALSE(names.empty());
    auto judges = std::make_unique<Judges>();
    for (size_t i = 0; i < names.size(); ++i)
        judges->judge(asked_at(names[i], type, static_cast<double>(i) * seconds_apart,
                               static_cast<uint16_t>(names[i].size() + 40)));
    CHECK(judges->suspected * 1000 <= names.size());  // 0.1 %
    CHECK(judges->shelf.count(EventType::tunneling) == 0);
}

std::string collection() {
    const char* const folder = std::getenv("DNSEXP_DATA");
    if (folder == nullptr)
        std::cerr << "DNSEXP_DATA is not set: only the project's own few names are judged\n";
    return folder != nullptr ? folder : "";
}

}  // namespace

TEST_CASE("The project's own tunnels are caught, and its other names are quiet") {
    Sessions sessions;
    for (const std::string& line : lines_of_file(own_data + "queries.csv")) {
        const auto fields = fields_of(line);
        if (fields[0] == "session") continue;
        sessions[fields[0]].push_back(asked_at(fields[4], static_cast<uint16_t>(std::stoi(fields[2])),
                                               std::stod(fields[1]),
                                               static_cast<uint16_t>(std::stoi(fields[3]))));
    }
    CHECK(sessions.size() == 5);
    check_caught(sessions);
    check_quiet(lines_of_file(own_data + "benign.txt"), 0.001, 1);
}

TEST_CASE("All tunnels of the data collection are caught") {
    const std::string data = collection();
    if (data.empty()) return;
    const std::map<std::string, uint16_t> types = {{"A", 1},     {"CNAME", 5}, {"NULL", 10},
                                                   {"MX", 15},   {"TXT", 16},  {"KEY", 25},
                                                   {"AAAA", 28}, {"SRV", 33},  {"PRIVATE", 65399}};
    Sessions sessions;
    for (const std::string& line : lines_of_packed(data + "/tunnel/queries.csv.xz")) {
        const auto fields = fields_of(line);
        if (fields[0] == "tool") continue;
        const size_t size = fields.size() > 8 && !fields[8].empty() ? std::stoul(fields[8]) : 0;
        sessions[fields[1]].push_back(
            asked_at(fields[4], types.at(fields[5]), std::stod(fields[2]), static_cast<uint16_t>(size)));
    }
    check_caught(sessions);
}

TEST_CASE("The benign names of the data collection are quiet at any pace") {
    const std::string data = collection();
    if (data.empty()) return;
    for (const char* list : {"cdn-hosts-google-video", "china-sites", "opendns-top", "service-hosts-misc"}) {
        INFO(list);
        const auto names = lines_of_packed(data + "/benign/" + list + ".txt.xz");
        for (const double seconds_apart : {0.00006, 0.01, 1.0}) check_quiet(names, seconds_apart, 28);
        // Ten times each, and the same hosts under a domain that nobody knows.
        std::vector<std::string> ten, elsewhere;
        for (const std::string& name : names) {
            ten.insert(ten.end(), 10, name);
            elsewhere.push_back(name.substr(0, name.find('.')) + ".cdn.example.org");
        }
        check_quiet(ten, 0.001, 1);
        check_quiet(elsewhere, 0.001, 1);
    }
    std::vector<std::string> addresses, reverse;
    for (const std::string& line : lines_of_packed(data + "/benign/names-from-app-captures.csv.xz")) {
        const auto fields = fields_of(line);
        if (fields.size() > 1 && fields[1] != "qtype")
            (fields[1] == "PTR" ? reverse : addresses).push_back(fields[0]);
    }
    check_quiet(addresses, 0.1, 1);
    check_quiet(reverse, 0.1, 12);
}
