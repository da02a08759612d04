#include "exporter/fold/slow_board.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <memory>

#include "test/support/snapshots.h"

using namespace dnsexp;
using namespace dnsexp::testing;

namespace {

constexpr uint64_t millisecond = 1'000'000;
constexpr uint64_t threshold = 100 * millisecond;

dns_event slow_event(const std::string& name, uint16_t slot = 0, uint64_t time_ns = 1) {
    dns_event event = event_for(name);
    event.query_time_ns = time_ns;
    event.latency_ns = threshold + 1;
    event.asker = {10, 11, 12, slot, 1};
    return event;
}

WorkloadCounts workload(uint32_t slot, const std::string& comm, uint64_t cgroup = 7, bool ended = false) {
    WorkloadCounts one{slot, {cgroup, {}, DNS_ROLE_CLIENT}, {}, ended};
    std::memcpy(one.key.comm, comm.data(), comm.size());
    return one;
}

std::vector<std::string> names_of(const SlowBoard& board) {
    std::vector<std::string> names;
    for (const TransactionRow& row : board.rows(0)) names.push_back(row.name);
    return names;
}

}  // namespace

TEST_CASE("Only answered transactions above the threshold are kept") {
    SlowBoard board(threshold);
    for (const uint64_t latency : {uint64_t{0}, threshold - 1, threshold, threshold + 1}) {
        dns_event event = slow_event("l" + std::to_string(latency));
        event.latency_ns = latency;
        board.add(event);
    }
    dns_event timed_out = slow_event("silence");
    timed_out.outcome = DNS_OUTCOME_TIMEOUT;
    timed_out.latency_ns = 5000 * millisecond;
    board.add(timed_out);
    CHECK(names_of(board) == std::vector<std::string>{"l100000001"});
}

TEST_CASE("What a socket tells of is not shown a second time") {
    SlowBoard board(threshold);
    dns_event event = slow_event("a");
    event.lane = DNS_EVENT_SOCKET;
    board.add(event);
    CHECK(board.rows(0).empty());
}

TEST_CASE("Of more than 256 the last ones stay, the newest query first") {
    SlowBoard board(threshold);
    for (uint64_t i = 0; i < 1000; ++i) board.add(slow_event("n" + std::to_string(i), 0, i));
    const auto names = names_of(board);
    REQUIRE(names.size() == 256);
    for (size_t i = 0; i < names.size(); ++i) CHECK(names[i] == "n" + std::to_string(999 - i));
}

TEST_CASE("A query that was asked before another and answered after it stands behind it") {
    SlowBoard board(threshold);
    board.add(slow_event("second", 0, 20));
    board.add(slow_event("first", 0, 10));
    CHECK(names_of(board) == std::vector<std::string>{"second", "first"});
}

TEST_CASE("An event's record may end with its message") {
    SlowBoard board(threshold);
    const dns_event whole = slow_event("a");
    const size_t length = DNS_EVENT_FIXED + whole.message_length;
    const std::unique_ptr<uint64_t[]> record(
        new uint64_t[length / 8 + 1]);  // an address sanitizer sees its end
    std::memcpy(record.get(), &whole, length);
    board.add(*reinterpret_cast<const dns_event*>(record.get()));
    CHECK(names_of(board) == std::vector<std::string>{"a"});
}

TEST_CASE("The next snapshot tells whose a slow query was") {
    SlowBoard board(threshold);
    board.add(slow_event("a", 5));
    board.add(slow_event("b", 6));
    CHECK(board.rows(0)[0].comm.empty());
    CHECK(board.rows(0)[0].process->pid == 10);
    NamesByCgroup names;
    names[7] = {"app", "web-1", "shop", "web", true};
    board.resolve({workload(4, "other"), workload(5, "dig", 7), workload(6, "curl", 8)}, names);
    for (const TransactionRow& row : board.rows(0)) {
        CHECK(row.comm == (row.name == "a" ? "dig" : "curl"));
        CHECK(row.pod == (row.name == "a" ? "web-1" : ""));
    }
    names[7].pod = "web-2";
    board.resolve({workload(5, "dig", 7)}, names);
    for (const TransactionRow& row : board.rows(0)) CHECK(row.pod != "web-2");  // once known, it stays
}

TEST_CASE("A slot that means another workload later does not rename what was slow before") {
    SlowBoard board(threshold);
    board.add(slow_event("a", 5, 1));
    board.resolve({workload(5, "dig", 7, true)}, {});
    board.add(slow_event("b", 5, 2));
    board.resolve({workload(5, "curl", 8)}, {});
    board.resolve({workload(5, "wget", 9)}, {});
    const auto rows = board.rows(0);
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].comm == "curl");
    CHECK(rows[1].comm == "dig");
}

TEST_CASE("A pod's name that comes late reaches the row, unless the slot has another workload by then") {
    NamesByCgroup waiting;
    waiting[7] = {"0123456789ab", "", "", "", false};
    NamesByCgroup named;
    named[7] = {"app", "web-1", "shop", "web", true};
    for (const bool is_reused : {false, true}) {
        SlowBoard board(threshold);
        board.add(slow_event("a", 5));
        board.resolve({workload(5, "dig")}, waiting);
        CHECK(board.rows(0)[0].comm == "dig");
        CHECK(board.rows(0)[0].container == "0123456789ab");
        if (is_reused) board.resolve({workload(5, "curl", 9)}, named);
        board.resolve({workload(5, "dig")}, named);
        CHECK(board.rows(0)[0].comm == "dig");
        CHECK(board.rows(0)[0].pod == (is_reused ? "" : "web-1"));
    }
}

TEST_CASE("A slot that ends is the last word on its names") {
    NamesByCgroup waiting;
    waiting[7] = {"0123456789ab", "", "", "", false};
    NamesByCgroup named;
    named[7] = {"app", "web-1", "shop", "web", true};
    SlowBoard board(threshold);
    board.add(slow_event("a", 5));
    board.resolve({workload(5, "dig", 7, true)}, waiting);
    board.resolve({workload(5, "dig")}, named);  // of the same name and cgroup, and yet another
    CHECK(board.rows(0)[0].pod.empty());
}

TEST_CASE(
    "Who is not known stays so: no process, no slot of his own, a number out of range, a slot that is gone") {
    SlowBoard board(threshold);
    dns_event nobody = slow_event("nobody", 5);
    nobody.asker.known = 0;
    board.add(nobody);
    board.add(slow_event("other", DNS_ROLE_CLIENT));
    board.add(slow_event("wild", 0xffff));
    board.add(slow_event("gone", 9));
    board.resolve({workload(0, "x"), workload(5, "y")}, {});
    board.resolve({workload(9, "z")}, {});
    for (const TransactionRow& row : board.rows(0)) {
        INFO(row.name);
        CHECK(row.comm.empty());
        CHECK(row.process.has_value() == (row.name != "nobody"));
    }
}
