// Replays captures and checks that the sums balance: the golden ones, and those of the folder that the
// environment variable DNSEXP_CAPTURES names. usage: ledger_test FOLDER
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <numeric>

#include "exporter/fold/fold.h"
#include "test/golden/golden_list.h"
#include "test/support/host_source.h"

using namespace dnsexp;
using namespace dnsexp::test;

namespace {

constexpr uint64_t one_second_ns = 1'000'000'000;

struct Sums {
    uint64_t queries = 0, answered = 0, responses = 0, active = 0;
    dns_server_stats servers{};
};

Sums sums_of(const RawSnapshot& snapshot) {
    Sums sums;
    for (const auto& [key, cpus] : snapshot.traffic) {
        sums.queries += cpus[0].queries;
        sums.responses += cpus[0].responses;
        if (key.outcome < DNS_OUTCOME_TIMEOUT) sums.answered += cpus[0].queries;
    }
    for (const auto& [key, cpus] : snapshot.servers) {
        sums.servers.retransmissions += cpus[0].retransmissions;
        sums.servers.unmatched += cpus[0].unmatched;
        sums.servers.late += cpus[0].late;
        sums.servers.duplicate += cpus[0].duplicate;
    }
    sums.active = std::accumulate(std::begin(snapshot.active), std::end(snapshot.active), uint64_t{0});
    return sums;
}

uint64_t messages_of(const RawSnapshot& snapshot, uint32_t transport) {
    uint64_t count = 0;
    for (const auto& direction : snapshot.interfaces[0].cpus[0].messages)
        for (const auto& kind : direction)
            for (const uint64_t n : kind[transport]) count += n;
    return count;
}

uint64_t sum_of(const FoldedFamily& family) {
    return std::accumulate(family.series.begin(), family.series.end(), uint64_t{0},
                           [](uint64_t sum, const Series& series) { return sum + series.value; });
}

class Ledgers {
  public:
    explicit Ledgers(std::string capture) : capture_(std::move(capture)) {}
    void balance(const char* ledger, uint64_t left, uint64_t right) {
        if (left == right) return;
        std::printf("%s: %s: %llu is not %llu\n", capture_.c_str(), ledger,
                    static_cast<unsigned long long>(left), static_cast<unsigned long long>(right));
        balanced_ = false;
    }
    [[nodiscard]] bool balanced() const { return balanced_; }

  private:
    std::string capture_;
    bool balanced_ = true;
};

void check_kernel_side(const RawSnapshot& snapshot, uint64_t events, Ledgers& ledgers) {
    const dns_stats& stats = snapshot.stats[0];
    const Sums sums = sums_of(snapshot);
    const auto& response_opcodes = stats.opcodes[DNS_RESPONSE];
    const uint64_t responses =
        std::accumulate(std::begin(response_opcodes), std::end(response_opcodes), uint64_t{0});
    const uint64_t other_opcodes = responses - response_opcodes[0];
    for (const uint32_t transport : {DNS_UDP, DNS_TCP})
        ledgers.balance("packets that are messages = messages", stats.packets[transport][DNS_OK],
                        messages_of(snapshot, transport));
    ledgers.balance("standard queries = outcomes + active + retransmissions", stats.opcodes[DNS_QUERY][0],
                    sums.queries + sums.active + sums.servers.retransmissions);
    ledgers.balance("response messages = responses by RCODE", responses, sums.responses);
    ledgers.balance(
        "responses = answered + unmatched + late + duplicate + other opcodes", responses,
        sums.answered + sums.servers.unmatched + sums.servers.late + sums.servers.duplicate + other_opcodes);
    ledgers.balance("outcomes = events", sums.queries, events);
}

void check_folded(const RawSnapshot& snapshot, const Folded& folded, Ledgers& ledgers) {
    const Sums sums = sums_of(snapshot);
    uint64_t retired_domains = 0;
    for (const Series& series : folded[Metric::retired_queries].series)
        if (series.labels[0] == "domain") retired_domains = series.value;
    ledgers.balance("dns_queries_total", sum_of(folded[Metric::queries]), sums.queries);
    ledgers.balance("dns_responses_total", sum_of(folded[Metric::responses]), sums.responses);
    ledgers.balance("domains + retired = dns_queries_total",
                    sum_of(folded[Metric::domain_queries]) + retired_domains, sums.queries);
    uint64_t latencies = 0;
    for (const HistogramSeries& histogram : folded[Metric::latency].histograms)
        latencies += histogram.cumulative.back();
    ledgers.balance("latencies = answered queries", latencies, sums.answered);
}

enum class Outcome { balanced, wrong, not_read };

Outcome check(const std::string& path, const ModelOptions& options) {
    HostSource source(options);
    if (const Status status = source.replay(path); !status) {
        std::printf("not read: %s\n", status.error().message().c_str());
        return Outcome::not_read;
    }
    Ledgers ledgers(path);
    Fold fold(FoldOptions{});
    uint64_t events = 0;
    const auto check_now = [&] {
        events += source.drain([&](const dns_event& event) { fold.add_event(event); }).value();
        const RawSnapshot snapshot = source.read().value();
        check_kernel_side(snapshot, events, ledgers);
        check_folded(snapshot, fold.fold(snapshot), ledgers);
    };
    check_now();  // with queries that still wait
    source.finish(source.last_time_ns() + options.timeout_ns + one_second_ns);
    check_now();
    return ledgers.balanced() ? Outcome::balanced : Outcome::wrong;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return std::fprintf(stderr, "usage: ledger_test FOLDER\n"), 2;
    const std::string folder = argv[1];
    const auto captures = read_golden_list(folder);
    if (!captures) return std::fprintf(stderr, "%s\n", captures.error().message().c_str()), 1;
    size_t count[3] = {};
    bool failed = false;
    for (const GoldenCapture& capture : captures.value()) {
        const Outcome outcome = check(folder + "/captures/" + capture.file, capture.options);
        failed |= outcome != Outcome::balanced;
        ++count[static_cast<size_t>(outcome)];
    }
    if (const char* others = std::getenv("DNSEXP_CAPTURES")) {
        std::error_code error;
        if (!std::filesystem::is_directory(others, error))
            return std::fprintf(stderr, "DNSEXP_CAPTURES: %s is no folder\n", others), 1;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(others))
            if (entry.is_regular_file()) ++count[static_cast<size_t>(check(entry.path(), {}))];
    } else {
        std::printf("DNSEXP_CAPTURES names no folder: only the golden captures are replayed\n");
    }
    std::printf("captures: %zu balanced, %zu wrong, %zu not read\n", count[0], count[1], count[2]);
    return failed || count[static_cast<size_t>(Outcome::wrong)] != 0 ? 1 : 0;
}
