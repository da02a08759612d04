#include <catch2/catch.hpp>
#include <thread>

#include "exporter/alerts/board.h"
#include "test/support/sample_alert.h"

using namespace dnsexp;

namespace {

std::vector<uint64_t> sequences(const std::vector<Alert>& rows) {
    std::vector<uint64_t> numbers;
    for (const Alert& row : rows) numbers.push_back(row.sequence);
    return numbers;
}

void add_six(AlertBoard& board) {
    for (uint32_t i = 0; i < 6; ++i) {
        Alert alert = bare_alert(0);
        alert.severity = 1 + i % 3;
        alert.event_type = i % 2 == 0 ? "DGA" : "TUNNELING";
        board.add(std::move(alert));
    }
}

}  // namespace

TEST_CASE("The board numbers alerts from 1 and shows the newest first") {
    AlertBoard board;
    CHECK(board.rows({}).empty());
    CHECK(board.add(bare_alert(99)).sequence == 1);
    CHECK(board.add(sample_alert(99)).sequence == 2);
    const auto rows = board.rows({});
    REQUIRE(sequences(rows) == std::vector<uint64_t>{2, 1});
    CHECK(rows[0].domain == "example.com");
}

TEST_CASE("The board forgets the oldest of a thousand alerts") {
    AlertBoard board;
    for (int i = 0; i < 1'003; ++i) board.add(bare_alert());
    AlertFilter all;
    all.limit = 5'000;
    const auto rows = board.rows(all);
    CHECK(rows.size() == 1'000);
    CHECK(rows.front().sequence == 1'003);
    CHECK(rows.back().sequence == 4);
}

TEST_CASE("The board's rows can be chosen by number, severity and type") {
    AlertBoard board;
    add_six(board);
    AlertFilter filter;
    SECTION("limit") {
        filter.limit = 2;
        CHECK(sequences(board.rows(filter)) == std::vector<uint64_t>{6, 5});
    }
    SECTION("those after one that is known") {
        filter.after_sequence = 4;
        CHECK(sequences(board.rows(filter)) == std::vector<uint64_t>{6, 5});
    }
    SECTION("severity, where the limit counts what is shown") {
        filter.min_severity = 3;
        filter.limit = 2;
        CHECK(sequences(board.rows(filter)) == std::vector<uint64_t>{6, 3});
    }
    SECTION("type") {
        filter.event_type = "DGA";
        CHECK(sequences(board.rows(filter)) == std::vector<uint64_t>{5, 3, 1});
    }
}

TEST_CASE("The board may be read while alerts come") {
    AlertBoard board;
    std::jthread writer([&] {
        for (int i = 0; i < 5'000; ++i) board.add(bare_alert());
    });
    for (int i = 0; i < 50; ++i) {
        const auto rows = board.rows({});
        for (size_t row = 1; row < rows.size(); ++row)
            REQUIRE(rows[row - 1].sequence == rows[row].sequence + 1);
    }
}
