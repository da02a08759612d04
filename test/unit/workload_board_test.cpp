#include "exporter/fold/workload_board.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <random>

using namespace dnsexp;

namespace {

constexpr uint64_t second = 1'000'000'000;

// A workload's counters: so many answered NOERROR, all in the first latency bucket, and so many timeouts.
WorkloadCounts counts(uint32_t slot, const std::string& comm, uint64_t answered, uint64_t timeouts = 0,
                      uint64_t cgroup = 7) {
    WorkloadCounts one{slot, {cgroup, {}, DNS_ROLE_CLIENT}, {}, false};
    std::memcpy(one.key.comm, comm.data(), comm.size());
    one.counts.outcomes[0] = answered;
    one.counts.outcomes[DNS_WORKLOAD_TIMEOUT] = timeouts;
    one.counts.latency[0] = answered;
    one.counts.latency_sum_ns = answered * 1000;
    return one;
}

WorkloadCounts ended(WorkloadCounts one) {
    one.ended = true;
    return one;
}

// comm -> queries over all outcomes; with "retired".
using Shown = std::map<std::string, uint64_t>;

class Board {
  public:
    explicit Board(uint32_t shown_max, bool collected = false) : board_(shown_max) {
        board_.set_collected(collected);
    }

    Shown expose(const std::vector<WorkloadCounts>& all, const NamesByCgroup& names = {}) {
        now_ += second;
        board_.update(all, names, now_);
        last_ = {};
        board_.fill(last_, {0.001, 0.01});
        board_.exported();
        Shown shown;
        for (const Series& series : last_[Metric::workload_queries].series)
            shown[series.labels[1]] += series.value;
        shown["retired"] = last_[Metric::retired_queries].series.at(0).value;
        return shown;
    }
    void wait(uint64_t seconds) { now_ += seconds * second; }
    void set_shown_max(uint32_t shown_max) { board_.set_shown_max(shown_max); }
    void update(const std::vector<WorkloadCounts>& all) { board_.update(all, {}, now_); }
    void restart_latency() { board_.restart_latency(); }
    const Folded& last() const { return last_; }

  private:
    WorkloadBoard board_;
    Folded last_;
    uint64_t now_ = second;
};

}  // namespace

TEST_CASE("Each workload has its own counts by outcome, and its latencies") {
    Board board(10);
    CHECK(board.expose({counts(2, "dig", 5, 2), counts(3, "curl", 1)}) ==
          Shown{{"dig", 7}, {"curl", 1}, {"other", 0}, {"retired", 0}});
    std::map<std::string, uint64_t> dig;
    for (const Series& series : board.last()[Metric::workload_queries].series)
        if (series.labels[1] == "dig") dig[series.labels[6]] = series.value;
    CHECK(dig["NOERROR"] == 5);
    CHECK(dig["TIMEOUT"] == 2);
    const auto& latencies = board.last()[Metric::workload_latency];
    CHECK(latencies.edges == std::vector<double>{0.001, 0.01});
    REQUIRE(latencies.histograms.size() == 4);  // of the two, and of `other` in each role
    CHECK(latencies.histograms[1].labels[1] == "dig");
    CHECK(latencies.histograms[1].cumulative == std::vector<uint64_t>{5, 5, 5});
    CHECK(latencies.histograms[1].sum == Approx(5e-6));
}

TEST_CASE("What counts under the same labels makes one series, whichever slots count it") {
    Board board(10);
    CHECK(board.expose({counts(2, "dig", 5, 0, 7), counts(3, "dig", 4, 0, 8)})["dig"] == 9);
    NamesByCgroup names;
    names[8].pod = "web-1";
    const Shown apart = board.expose({counts(2, "dig", 5, 0, 7), counts(3, "dig", 4, 0, 8)}, names);
    CHECK(apart.at("dig") == 9);  // what was counted before the name was known stays where it is
}

TEST_CASE("A collected series is shown at 0 first and then has all that its workload counted") {
    Board board(10, true);
    CHECK(board.expose({counts(2, "dig", 5)})["dig"] == 0);
    CHECK(board.expose({counts(2, "dig", 6)})["dig"] == 6);
    CHECK(board.expose({counts(2, "dig", 8)})["dig"] == 8);
}

TEST_CASE("Beyond the most that are shown, workloads count in other, by role") {
    Board board(1);
    WorkloadCounts server = counts(3, "named", 3);
    server.key.role = DNS_ROLE_SERVER;
    CHECK(board.expose({counts(2, "dig", 5), server}) == Shown{{"dig", 5}, {"other", 3}, {"retired", 0}});
    for (const Series& series : board.last()[Metric::workload_queries].series)
        if (series.value == 3) CHECK(series.labels[0] == "server");
}

TEST_CASE("What the kernel had no slot for is other") {
    Board board(10);
    WorkloadCounts rest = counts(DNS_ROLE_SERVER, "", 4);
    CHECK(board.expose({rest}) == Shown{{"other", 4}, {"retired", 0}});
}

TEST_CASE("A slot's last counts reach its workload, and the slot may then count for another") {
    Board board(10);
    board.expose({counts(2, "dig", 5)});
    CHECK(board.expose({ended(counts(2, "dig", 8))})["dig"] == 8);
    CHECK(board.expose({counts(2, "curl", 2)}) ==
          Shown{{"dig", 8}, {"curl", 2}, {"other", 0}, {"retired", 0}});
}

TEST_CASE("A much stronger workload takes the place of a weak one, whose total is retired") {
    Board board(1);
    board.expose({counts(2, "dig", 5)});
    // Seen in `other` at first; the weak one is shown once more before it goes.
    CHECK(board.expose({counts(2, "dig", 5), counts(3, "flood", 1000)}) ==
          Shown{{"dig", 5}, {"other", 1000}, {"retired", 0}});
    CHECK(board.expose({counts(2, "dig", 5), counts(3, "flood", 1000)}) ==
          Shown{{"dig", 5}, {"other", 1000}, {"retired", 0}});
    CHECK(board.expose({counts(2, "dig", 6), counts(3, "flood", 1007)}) ==
          Shown{{"flood", 7}, {"other", 1001}, {"retired", 5}});
}

TEST_CASE("One that is hardly stronger does not") {
    Board board(1);
    board.expose({counts(2, "dig", 20)});
    for (int i = 0; i < 4; ++i)
        CHECK(board.expose({counts(2, "dig", 20), counts(3, "curl", 40)}) ==
              Shown{{"dig", 20}, {"other", 40}, {"retired", 0}});
}

TEST_CASE("Places are given away one an exposition") {
    Board board(2);
    board.expose({counts(2, "a", 1), counts(3, "b", 1)});
    const std::vector<WorkloadCounts> all = {counts(2, "a", 1), counts(3, "b", 1), counts(4, "x", 1000),
                                             counts(5, "y", 1000)};
    board.expose(all);
    board.expose(all);
    CHECK(board.expose(all)["retired"] == 1);
    CHECK(board.expose(all)["retired"] == 2);
}

TEST_CASE("One that has ended gives way to any that asks") {
    Board board(1);
    board.expose({ended(counts(2, "dig", 1000))});
    for (int i = 0; i < 3; ++i) board.expose({counts(3, "curl", 20)});
    CHECK(board.expose({counts(3, "curl", 25)})["curl"] == 5);
}

TEST_CASE("What a workload asked long ago weighs little") {
    Board board(1);
    board.expose({counts(2, "dig", 1000)});
    for (int i = 0; i < 2; ++i) {
        board.wait(300);
        board.expose({counts(2, "dig", 1000)});
    }
    for (int i = 0; i < 3; ++i) board.expose({counts(2, "dig", 1000), counts(3, "curl", 600)});
    CHECK(board.expose({counts(2, "dig", 1000), counts(3, "curl", 601)})["curl"] == 1);
}

TEST_CASE("The series of a workload that ended stays for ten minutes, and is then retired") {
    Board board(10);
    board.expose({counts(2, "dig", 5)});
    board.expose({ended(counts(2, "dig", 5))});
    board.expose({});
    board.wait(590);
    CHECK(board.expose({})["dig"] == 5);
    CHECK(board.expose({})["dig"] == 5);
    board.wait(10);
    CHECK(board.expose({})["dig"] == 5);  // its last time
    board.expose({});
    CHECK(board.expose({}) == Shown{{"other", 0}, {"retired", 5}});
}

TEST_CASE("Counts wait for a name that is expected, and go without it at the end") {
    Board board(10);
    NamesByCgroup names;
    names[7].settled = false;
    CHECK(board.expose({counts(2, "dig", 5)}, names).count("dig") == 0);
    names[7] = {"app", "web-1", "shop", "web", true};
    CHECK(board.expose({counts(2, "dig", 6)}, names)["dig"] == 6);
    const auto& series = board.last()[Metric::workload_queries].series;
    CHECK(series.front().labels ==
          std::vector<std::string>{"client", "dig", "app", "web-1", "shop", "web", "FORMERR"});
    names[8].settled = false;
    CHECK(board.expose({ended(counts(3, "gone", 2, 0, 8))}, names)["gone"] == 2);
}

TEST_CASE("A process's name is shown as printable text") {
    Board board(10);
    CHECK(board.expose({counts(2, "a\"b\n\xff", 1)}).count("a\"b\\010\\255") == 1);
}

TEST_CASE("However workloads come and go, nothing is lost and no series goes down") {
    for (const bool collected : {false, true}) {
        Board board(3, collected);
        std::vector<WorkloadCounts> all;
        for (uint32_t slot = 2; slot < 12; ++slot) all.push_back(counts(slot, "w" + std::to_string(slot), 0));
        uint64_t total = 0, gone = 0;
        Shown before;
        for (uint32_t round = 0; round < 200; ++round) {
            for (uint32_t i = 0; i < all.size(); ++i) {
                const uint64_t more = (round / 20 % all.size() == i) ? 100 : i % 3;
                all[i].counts.outcomes[0] += more;
                total += more;
            }
            std::vector<WorkloadCounts> now = all;
            if (round % 17 == 16) {  // one ends, and another begins in its slot
                WorkloadCounts& one = all[round % all.size()];
                now[round % all.size()].ended = true;
                one = counts(one.slot, "n" + std::to_string(++gone), 0);
            }
            const Shown shown = board.expose(now);
            for (const auto& [name, value] : shown)
                if (before.count(name) != 0) CHECK(value >= before.at(name));
            before = shown;
        }
        std::vector<WorkloadCounts> last = all;
        for (int i = 0; i < 3; ++i) before = board.expose(last);
        uint64_t sum = 0;
        for (const auto& [name, value] : before) sum += value;
        CHECK(sum == total);
    }
}

TEST_CASE("With fewer places the weakest are shown once more and end, those without a process first") {
    Board board(3);
    board.expose({counts(2, "strong", 50), counts(3, "weak", 5), counts(4, "over", 90)});
    const std::vector<WorkloadCounts> all = {counts(2, "strong", 51), counts(3, "weak", 5)};
    board.expose({all[0], all[1], ended(counts(4, "over", 91))});
    board.set_shown_max(2);
    board.expose(all);  // chooses
    CHECK(board.expose(all) ==
          Shown{{"strong", 51}, {"weak", 5}, {"over", 91}, {"other", 0}, {"retired", 0}});
    CHECK(board.expose(all) == Shown{{"strong", 51}, {"weak", 5}, {"other", 0}, {"retired", 91}});
    board.set_shown_max(0);
    board.expose(all);
    CHECK(board.expose(all).count("strong") == 1);
    CHECK(board.expose({counts(2, "strong", 53), all[1]}) == Shown{{"other", 2}, {"retired", 147}});
}

TEST_CASE("With more places those that are in other get one") {
    Board board(1);
    const std::vector<WorkloadCounts> all = {counts(2, "a", 3), counts(3, "b", 5)};
    CHECK(board.expose(all) == Shown{{"a", 3}, {"other", 5}, {"retired", 0}});
    board.set_shown_max(2);
    board.expose(all);
    CHECK(board.expose({all[0], counts(3, "b", 9)}) ==
          Shown{{"a", 3}, {"b", 4}, {"other", 5}, {"retired", 0}});
}

TEST_CASE("A series that has just gone is missing from an exposition, though there is room again") {
    Board board(2);
    const std::vector<WorkloadCounts> all = {counts(2, "a", 50), counts(3, "b", 5)};
    board.expose(all);
    board.set_shown_max(1);
    board.expose(all);
    CHECK(board.expose(all).count("b") == 1);  // for the last time
    board.set_shown_max(2);
    CHECK(board.expose(all).count("b") == 0);
    CHECK(board.expose(all)["b"] == 0);
    CHECK(board.expose(all)["retired"] == 5);
    // And so where its workload had ended, and begins again.
    board.set_shown_max(1);
    board.expose({all[0], ended(all[1])});
    CHECK(board.expose({all[0]}).count("b") == 1);
    board.set_shown_max(2);
    CHECK(board.expose({all[0], counts(4, "b", 1)}).count("b") == 0);
}

TEST_CASE("However often the number of places changes, nothing is lost and no series goes down") {
    for (uint32_t seed = 0; seed < 20; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        Board board(4, seed % 2 == 0);
        std::vector<WorkloadCounts> all;
        for (uint32_t slot = 2; slot < 12; ++slot) all.push_back(counts(slot, "w" + std::to_string(slot), 0));
        uint64_t total = 0;
        Shown before;
        for (uint32_t round = 0; round < 400; ++round) {
            for (WorkloadCounts& one : all) {
                const uint64_t more = random() % (one.slot * 5);
                one.counts.outcomes[0] += more;
                total += more;
            }
            std::vector<WorkloadCounts> now = all;
            if (random() % 3 == 0) {  // one ends, and one of eight names begins in its slot
                WorkloadCounts& one = all[random() % all.size()];
                now[one.slot - 2].ended = true;
                one = counts(one.slot, "n" + std::to_string(random() % 8), 0);
            }
            if (random() % 3 == 0) board.set_shown_max(static_cast<uint32_t>(random() % 12));
            const Shown shown = board.expose(now);
            uint64_t sum = 0;
            for (const auto& [name, value] : shown) {
                sum += value;
                if (before.count(name) != 0 && value < before.at(name)) FAIL_CHECK("went down: " << name);
            }
            if (sum > total) FAIL_CHECK("round " << round << ": too many");
            before = shown;
        }
        for (int i = 0; i < 3; ++i) before = board.expose(all);  // what was held back
        uint64_t sum = 0;
        for (const auto& [name, value] : before) sum += value;
        CHECK(sum == total);
    }
}

TEST_CASE("With other edges histograms begin at 0, and queries go on") {
    const auto latency = [](const Board& board, const std::string& comm) {
        for (const HistogramSeries& one : board.last()[Metric::workload_latency].histograms)
            if (one.labels[1] == comm) return std::pair{one.cumulative.back(), one.sum};
        return std::pair{UINT64_MAX, 0.0};
    };
    // A workload that the source has made begin anew: 5 queries are from before.
    const auto anew = [](uint32_t slot, const std::string& comm, uint64_t answered) {
        WorkloadCounts one = counts(slot, comm, answered);
        one.counts.latency[0] -= 5;
        one.counts.latency_sum_ns -= 5000;
        return one;
    };
    Board board(1, true);
    board.expose({counts(2, "dig", 4), counts(3, "rest", 5)});
    board.expose({counts(2, "dig", 5), counts(3, "rest", 5)});
    CHECK(latency(board, "dig").first == 5);
    CHECK(latency(board, "other").first == 5);
    board.restart_latency();
    CHECK(board.expose({anew(2, "dig", 5), anew(3, "rest", 5)})["dig"] == 5);
    CHECK(latency(board, "dig") == std::pair{uint64_t{0}, 0.0});
    CHECK(latency(board, "other").first == 0);
    CHECK(board.expose({anew(2, "dig", 8), anew(3, "rest", 7)})["dig"] == 8);
    CHECK(latency(board, "dig").first == 3);
    CHECK(latency(board, "dig").second == Approx(3e-6));
    CHECK(latency(board, "other").first == 2);
}

TEST_CASE("What was held back for a new series loses its latencies with the old edges") {
    Board board(1, true);
    board.update({counts(2, "dig", 5)});
    board.restart_latency();
    WorkloadCounts later = counts(2, "dig", 6);
    later.counts.latency[0] = 1;
    later.counts.latency_sum_ns = 1000;
    CHECK(board.expose({later})["dig"] == 0);
    CHECK(board.expose({later})["dig"] == 6);
    for (const HistogramSeries& one : board.last()[Metric::workload_latency].histograms)
        if (one.labels[1] == "dig") CHECK(one.cumulative.back() == 1);
}
