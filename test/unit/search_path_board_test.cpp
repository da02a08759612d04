#include "exporter/fold/search_path_board.h"

#include <catch2/catch.hpp>

#include "test/support/snapshots.h"

using namespace dnsexp;
using namespace dnsexp::testing;

namespace {

constexpr uint64_t second = 1'000'000'000;
constexpr uint16_t nxdomain = 3;  // RFC 1035, 4.1.1

WorkloadCounts workload(uint32_t slot, uint64_t cgroup) {
    return {slot, {cgroup, {}, DNS_ROLE_CLIENT}, {}, false};
}

// "namespace/pod" -> wasted and useful.
using Shown = std::map<std::string, std::pair<uint64_t, uint64_t>>;

class Board {
  public:
    explicit Board(bool collected = false, uint32_t shown_max = search_path_pods)
        : board_([this](const dns_asker&) { return list_; }, shown_max) {
        board_.set_collected(collected);
        names_[71] = {"", "web", "shop", "", true};
        names_[72] = {"", "db", "shop", "", true};
        names_[73] = {"", "", "", "ssh.service", true};
    }

    void answer(uint16_t slot, std::string_view name, uint16_t outcome, uint16_t known = 1) {
        dns_event event = event_for(name, outcome);
        event.asker = {slot, slot, 0, slot, known};
        event.query_time_ns = now_ns_;
        board_.add(event);
    }
    // So many wasted lookups, and useful ones.
    void count(uint16_t slot, int wasted, int useful) {
        for (; wasted > 0; --wasted) {
            answer(slot, "example.com.corp.test", nxdomain);
            answer(slot, "example.com", 0);
        }
        for (; useful > 0; --useful) answer(slot, "db.corp.test", 0);
    }

    Shown expose(const std::vector<WorkloadCounts>& workloads, bool exported = true) {
        now_ns_ += second;
        board_.update(workloads, names_, now_ns_);
        Folded folded;
        board_.fill(folded);
        if (exported) board_.exported();
        Shown shown;
        for (const Series& series : folded[Metric::search_path_queries].series) {
            auto& row = shown[series.labels[0] + "/" + series.labels[1]];
            (series.labels[2] == "wasted" ? row.first : row.second) = series.value;
        }
        retired_ = folded[Metric::retired_queries].series.at(0).value;
        return shown;
    }

    void wait(uint64_t ns) { now_ns_ += ns; }
    NamesByCgroup& names() { return names_; }
    [[nodiscard]] uint64_t retired() const { return retired_; }
    std::shared_ptr<const SearchList> list_ =
        std::make_shared<const SearchList>(SearchList{{std::string("\4corp\4test\0", 11)}});

  private:
    NamesByCgroup names_;
    uint64_t now_ns_ = second;
    uint64_t retired_ = 0;
    SearchPathBoard board_;
};

}  // namespace

TEST_CASE("Searches count for the pods of their workloads, and those of no pod together") {
    Board board;
    CHECK(board.expose({}) == Shown{{"other/other", {0, 0}}});
    board.count(2, 3, 1);
    board.count(3, 1, 0);
    board.count(4, 1, 2);
    board.count(5, 0, 5);
    CHECK(board.expose({workload(2, 71), workload(3, 72), workload(4, 71), workload(5, 73)}) ==
          Shown{{"shop/web", {4, 3}}, {"shop/db", {1, 0}}, {"/", {0, 5}}, {"other/other", {0, 0}}});
}

TEST_CASE("A collected pod is shown at 0 first and then has all that it counted") {
    Board board(true);
    board.count(2, 2, 1);
    CHECK(board.expose({workload(2, 71)}, false).at("shop/web") == std::pair<uint64_t, uint64_t>{0, 0});
    board.count(2, 1, 0);
    // The page before had consequences for nobody.
    CHECK(board.expose({workload(2, 71)})["shop/web"] == std::pair<uint64_t, uint64_t>{0, 0});
    board.count(2, 1, 1);
    const Shown shown = board.expose({workload(2, 71)});
    CHECK(shown == Shown{{"shop/web", {4, 2}}, {"other/other", {0, 0}}});
    board.count(2, 1, 0);
    CHECK(board.expose({workload(2, 71)})["shop/web"].first == 5);
}

TEST_CASE("Counts wait for names that are about to come") {
    Board board;
    board.names()[71].settled = false;
    board.count(2, 2, 0);
    CHECK(board.expose({workload(2, 71)}) == Shown{{"other/other", {0, 0}}});
    CHECK(board.expose({}) == Shown{{"other/other", {0, 0}}});  // no word of the slot at all
    board.names()[71].settled = true;
    CHECK(board.expose({workload(2, 71)})["shop/web"].first == 2);
}

TEST_CASE("What a slot counted before its end goes to its workload, the rest to the next one") {
    Board board;
    board.names()[71].settled = false;
    board.count(2, 2, 0);
    WorkloadCounts last = workload(2, 71);
    last.ended = true;
    CHECK(board.expose({last})["shop/web"].first == 2);
    board.count(2, 1, 0);
    const Shown shown = board.expose({workload(2, 72)});
    CHECK(shown.at("shop/web").first == 2);
    CHECK(shown.at("shop/db").first == 1);
}

TEST_CASE("Workloads without a slot of their own count in other") {
    Board board;
    board.count(DNS_ROLE_CLIENT, 2, 1);
    CHECK(board.expose({workload(DNS_ROLE_CLIENT, 71)}) == Shown{{"other/other", {2, 1}}});
}

TEST_CASE("An asker that is not known, or has no list, does not count") {
    Board board;
    board.answer(2, "db.corp.test", 0, 0);
    board.answer(UINT16_MAX, "db.corp.test", 0);
    board.list_ = nullptr;
    board.answer(2, "db.corp.test", 0);
    CHECK(board.expose({workload(2, 71)}) == Shown{{"other/other", {0, 0}}});
}

TEST_CASE("Names of pods are escaped, so that none can be taken for two") {
    Board board;
    using namespace std::string_literals;
    board.names()[71] = {"", "b\0c"s, "a", "", true};
    board.names()[72] = {"", "c", "a\0b"s, "", true};
    board.count(2, 1, 0);
    board.count(3, 2, 0);
    const Shown shown = board.expose({workload(2, 71), workload(3, 72)});
    CHECK(shown.at("a/b\\000c").first == 1);
    CHECK(shown.at("a\\000b/c").first == 2);
}

TEST_CASE("Pods that come and go make no more series than there are places, and nothing is lost") {
    Board board(true, 4);
    uint64_t counted = 0;
    Shown before;
    for (uint64_t pod = 0; pod < 300; ++pod) {
        board.names()[100] = {"", "pod-" + std::to_string(pod), "ns", "", true};
        board.count(2, 60, 2);
        counted += 62;
        WorkloadCounts last = workload(2, 100);
        last.ended = true;
        const Shown shown = board.expose({last});
        CHECK(shown.size() <= 5);
        for (const auto& [name, row] : shown)
            if (before.contains(name) && (before[name].first > row.first || before[name].second > row.second))
                FAIL_CHECK(name << " went down");
        before = shown;
        board.wait(100 * second);  // so that the places of those that are gone come free
    }
    before = board.expose({});
    uint64_t sum = board.retired();
    for (const auto& [name, row] : before) sum += row.first + row.second;
    CHECK(sum == counted);
    CHECK(board.retired() > 0);
}
