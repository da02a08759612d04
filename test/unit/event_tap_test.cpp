#include "exporter/app/event_tap.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "test/support/scratch_folder.h"
#include "test/support/snapshots.h"

using namespace dnsexp;
using namespace dnsexp::testing;

namespace {

std::unique_ptr<QueryLog> log_to(const std::string& path) {
    QueryLogConfig config;
    config.path = path;
    auto log = QueryLog::make(config);
    REQUIRE(log);
    return std::move(log).value();
}

AskerNames nobody(const dns_asker&) {
    return {};
}

void add(EventTap& tap, int events) {
    for (int i = 0; i < events; ++i) tap.add(event_for("a.example.com"), nobody);
}

// As a reload does it; afterwards what the log before was given is written.
void exchange(EventTap& tap, std::unique_ptr<QueryLog> log) {
    if (QueryLog* leaving = tap.exchange_log(std::move(log))) leaving->finish();
    tap.forget_leaving();
}

int lines_of(const std::string& path) {
    int lines = 0;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) ++lines;
    return lines;
}

}  // namespace

TEST_CASE("Without a log and without listeners the tap is closed and counts nothing") {
    EventTap tap(nullptr, 1);
    CHECK_FALSE(tap.is_open());
    add(tap, 3);
    CHECK_FALSE(tap.log_counts());
    CHECK(tap.exchange_log(nullptr) == nullptr);
}

TEST_CASE("Counts of logs that leave go on in those of the next, and each line is in one file") {
    const ScratchFolder folder;
    const std::string one = folder.path("one"), two = folder.path("two");
    EventTap tap(log_to(one), 1);
    CHECK(tap.is_open());
    add(tap, 5);
    exchange(tap, log_to(two));
    REQUIRE(tap.log_counts());
    CHECK(tap.log_counts()->written == 5);
    add(tap, 2);
    exchange(tap, nullptr);
    CHECK_FALSE(tap.is_open());
    CHECK_FALSE(tap.log_counts());  // there is no log
    add(tap, 100);
    exchange(tap, log_to(one));
    REQUIRE(tap.log_counts());
    CHECK(tap.log_counts()->written == 7);
    CHECK(lines_of(one) == 5);
    CHECK(lines_of(two) == 2);
}

TEST_CASE("A log that is leaving counts while it is being finished, and only once") {
    const ScratchFolder folder;
    EventTap tap(log_to("/dev/full"), 1);  // takes no line
    add(tap, 4);
    QueryLog* leaving = tap.exchange_log(log_to(folder.path("next")));
    REQUIRE(leaving != nullptr);
    leaving->finish();
    CHECK(tap.log_counts()->failed == 4);
    tap.forget_leaving();
    CHECK(tap.log_counts()->failed == 4);
    CHECK(tap.log_counts()->written == 0);
}

TEST_CASE("Only transactions of the wire leave") {
    const ScratchFolder folder;
    EventTap tap(log_to(folder.path("log")), 1);
    dns_event event = event_for("a.example.com");
    event.lane = DNS_EVENT_WIRE + 1;
    tap.add(event, nobody);
    add(tap, 1);
    exchange(tap, nullptr);
    CHECK(lines_of(folder.path("log")) == 1);
}
