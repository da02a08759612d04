#include "exporter/query_log/query_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "exporter/base/unique_fd.h"

using namespace dnsexp;
using namespace std::chrono_literals;

namespace {

struct Folder {
    Folder() {
        char name[] = "/tmp/dnsexp-qlog-XXXXXX";
        path = mkdtemp(name);
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::string path;
};

std::vector<nlohmann::json> lines_of(const std::string& path) {
    std::vector<nlohmann::json> lines;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) lines.push_back(nlohmann::json::parse(line));
    return lines;
}

TransactionRow row(int number) {
    TransactionRow made;
    made.name = "n" + std::to_string(number) + ".example.com";
    made.client = "192.0.2." + std::to_string(number % 200 + 1);
    made.type = "A";
    made.outcome = "NXDOMAIN";
    made.latency_ns = 1'500'000;
    return made;
}

// Bounded: false after ten seconds.
template <typename Condition>
bool comes_true(Condition condition) {
    for (int i = 0; i < 1000; ++i) {
        if (condition()) return true;
        std::this_thread::sleep_for(10ms);
    }
    return false;
}

QueryLogConfig to(const std::string& path) {
    QueryLogConfig config;
    config.path = path;
    return config;
}

}  // namespace

TEST_CASE("Each transaction is one line, in order, and what waits at the end is written") {
    const Folder folder;
    {
        auto log = QueryLog::make(to(folder.path + "/q"));
        REQUIRE(log);
        for (int i = 0; i < 5000; ++i) {
            CHECK(log.value()->samples());
            log.value()->add(row(i));
        }
    }
    const auto lines = lines_of(folder.path + "/q");
    REQUIRE(lines.size() == 5000);
    for (int i = 0; i < 5000; ++i)
        CHECK(lines[static_cast<size_t>(i)].at("name") == "n" + std::to_string(i) + ".example.com");
    CHECK(lines[0].at("client") == "192.0.2.1");
    CHECK(lines[0].at("outcome") == "NXDOMAIN");
    CHECK(lines[0].at("latency_seconds") == 0.0015);
    CHECK(lines[0].at("weight") == 1);
}

TEST_CASE("Lines come without an end or more of them") {
    const Folder folder;
    auto log = QueryLog::make(to(folder.path + "/q"));
    log.value()->add(row(1));
    CHECK(comes_true([&] { return log.value()->status().written == 1; }));
    CHECK(lines_of(folder.path + "/q").size() == 1);
}

TEST_CASE("Names and clients are redacted, in this file as everywhere") {
    const Folder folder;
    QueryLogConfig config = to(folder.path + "/q");
    config.names = config.clients = Redaction::mask;
    QueryLog::make(config).value()->add(row(1));
    const auto lines = lines_of(folder.path + "/q");
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].at("name") == "*.example.com");
    CHECK(lines[0].at("client") == "192.0.2.0/24");
}

TEST_CASE("A sample's lines have its weight, and what is left out is counted") {
    const Folder folder;
    QueryLogConfig config = to(folder.path + "/q");
    config.sample = 4;
    uint64_t taken = 0;
    {
        auto log = QueryLog::make(config);
        for (int i = 0; i < 4000; ++i)
            if (log.value()->samples()) {
                ++taken;
                log.value()->add(row(i));
            }
        CHECK(log.value()->status().sampled == 4000 - taken);
    }
    // Binomial(4000, 1/4): 1000 with a standard deviation of 27; nine of them either way.
    CHECK(taken > 750);
    CHECK(taken < 1250);
    const auto lines = lines_of(folder.path + "/q");
    CHECK(lines.size() == taken);
    CHECK(lines.at(0).at("weight") == 4);
}

TEST_CASE("A file that was renamed is written to until it is opened anew, and no line is lost") {
    const Folder folder;
    const std::string path = folder.path + "/q";
    {
        auto log = QueryLog::make(to(path));
        for (int i = 0; i < 3000; ++i) {
            if (i % 1000 == 500) std::filesystem::rename(path, path + "." + std::to_string(i));
            log.value()->add(row(i));
            if (i % 1000 != 700) continue;
            log.value()->reopen();
            REQUIRE(comes_true([&] { return std::filesystem::exists(path); }));
        }
    }
    size_t total = 0;
    for (const auto& file : std::filesystem::directory_iterator(folder.path))
        total += lines_of(file.path()).size();
    CHECK(total == 3000);
    CHECK(std::filesystem::exists(path + ".2500"));
    CHECK(lines_of(path).size() >= 299);  // all that came after the last opening
}

TEST_CASE("A path that can't be opened anew leaves the old file in use") {
    const Folder folder;
    const std::string inner = folder.path + "/in";
    std::filesystem::create_directory(inner);
    auto log = QueryLog::make(to(inner + "/q"));
    std::filesystem::rename(inner, folder.path + "/moved");
    log.value()->reopen();
    log.value()->add(row(1));
    CHECK(comes_true([&] { return log.value()->status().written == 1; }));
    CHECK(lines_of(folder.path + "/moved/q").size() == 1);
}

TEST_CASE("A full disk costs lines, which are counted") {
    auto log = QueryLog::make(to("/dev/full"));
    for (int i = 0; i < 100; ++i) log.value()->add(row(i));
    CHECK(comes_true([&] { return log.value()->status().failed == 100; }));
    CHECK(log.value()->status().written == 0);
}

TEST_CASE("Who does not read holds nobody up: what does not fit is counted") {
    const Folder folder;
    const std::string path = folder.path + "/pipe";
    REQUIRE(mkfifo(path.c_str(), 0600) == 0);
    const UniqueFd reader(::open(path.c_str(), O_RDONLY | O_NONBLOCK));
    auto log = QueryLog::make(to(path));
    REQUIRE(log);
    const size_t total = 3 * QueryLog::capacity;
    for (size_t i = 0; i < total; ++i) log.value()->add(row(1));
    const QueryLogStatus status = log.value()->status();
    CHECK(status.dropped > 0);
    CHECK(status.dropped <= 2 * QueryLog::capacity);
    const auto begin = std::chrono::steady_clock::now();
    log.value().reset();
    CHECK(std::chrono::steady_clock::now() - begin < 5s);
}

TEST_CASE("A log that can't be opened is an error") {
    CHECK_FALSE(QueryLog::make(to("/nonexistent-folder/q")));
}
