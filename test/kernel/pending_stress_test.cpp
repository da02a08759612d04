// The pending table under two CPUs that meet in its sets all the time, and a sweep in between. Every
// transaction has a serial number, in its name, id, port and type: an event whose parts don't fit each other
// was torn.
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>
#include <vector>

#include "ebpf/dns_classify.h"
#include "test/kernel/stress_producer.h"

using namespace dnsexp;
using namespace dnsexp::test;
using namespace dnsexp::test::stress;

namespace {

// What is kept of an event until all is over.
struct Ended {
    uint64_t query_time_ns;
    uint32_t serial;
    auto operator<=>(const Ended&) const = default;
};

class Collector {
  public:
    void take(const dns_event& event) {
        ++delivered;
        const uint32_t serial = serial_of(event);
        const bool whole = serial < producers * queries_each && fits(event, serial);
        torn += !whole;
        if (whole) ended.push_back({event.query_time_ns, serial});
    }

    uint64_t delivered = 0, torn = 0;
    std::vector<Ended> ended;

  private:
    static uint32_t serial_of(const dns_event& event) {
        uint32_t serial = 0;
        for (uint32_t digit = 0; digit < serial_digits; ++digit) {
            const auto value = static_cast<uint32_t>(event.message[DNS_HEADER_LENGTH + 1 + digit] - 'a');
            if (value > 15) return ~0U;
            serial |= value << 4 * digit;
        }
        return serial;
    }
    static bool fits(const dns_event& event, uint32_t serial) {
        const bool timed_out = event.outcome == DNS_OUTCOME_TIMEOUT;
        const uint32_t id = static_cast<uint32_t>(event.message[0] << 8 | event.message[1]);
        return id == id_of(serial) && event.client_port == port_of(serial) && event.server_port == 53 &&
               event.type == dns_type_slot(type_of(serial)) && (timed_out || event.outcome == 0) &&
               timed_out == (event.latency_ns > timeout_ms * ns_per_ms) && event.role == DNS_ROLE_CLIENT;
    }
};

// Events whose query was not sent when they say, and events that came twice.
struct Wrong {
    uint64_t times = 0, twice = 0;
};

Wrong check(std::vector<Ended> ended, const std::vector<Sent>& sent) {
    Wrong wrong;
    for (const Ended& event : ended) {
        const Sent& query = sent[event.serial];
        wrong.times += event.query_time_ns < query.first_before || event.query_time_ns > query.last_after;
    }
    std::sort(ended.begin(), ended.end());
    for (size_t i = 1; i < ended.size(); ++i) wrong.twice += ended[i] == ended[i - 1];
    return wrong;
}

void sweep_and_drain(KernelSource& source, Collector& collector) {
    const EventSink sink = [&](const dns_event& event) { collector.take(event); };
    const Status swept = source.sweep(sink);
    const auto drained = source.drain(sink);
    if (!swept || !drained) FAIL("sweep or drain failed");
}

}  // namespace

TEST_CASE("Two CPUs that meet in the pending table's sets lose and tear nothing", "[stress]") {
    const Variant variant = GENERATE(from_range(variants()));
    Config config;
    config.performance.pending_queries_max = 64;
    config.capture.query_timeout_ms = timeout_ms;
    Kernel kernel(variant, config);
    KernelSource& source = kernel.source();
    Shared shared;
    Collector collector;
    Producer first(source.programs(), shared, 0), second(source.programs(), shared, 1);
    std::thread first_thread([&] { first.run(); }), second_thread([&] { second.run(); });
    // The source is not thread-safe: this thread alone uses it; the producers run the programs.
    while (shared.running != 0) {
        sweep_and_drain(source, collector);
        if (!shared.lull) std::this_thread::sleep_for(std::chrono::microseconds(500));
    }
    first_thread.join();
    second_thread.join();
    std::this_thread::sleep_for(std::chrono::milliseconds(timeout_ms + 20));
    for (int i = 0; i < 4; ++i) sweep_and_drain(source, collector);

    auto snapshot = source.read();
    REQUIRE(snapshot);
    for (const std::string& fault : ledger_faults(*snapshot, collector.delivered)) FAIL_CHECK(fault);
    const LedgerSums sums = ledger_sums(*snapshot);
    CHECK(sums.stats.opcodes[DNS_QUERY][0] == first.queries() + second.queries());
    CHECK(sums.stats.opcodes[DNS_RESPONSE][0] == first.responses() + second.responses());
    CHECK(sums.active == 0);
    CHECK(collector.torn == 0);
    const Wrong wrong = check(std::move(collector.ended), shared.sent);
    CHECK(wrong.times == 0);
    CHECK(wrong.twice == 0);

    // It did happen: every way for a query to end, many times over.
    CHECK(first.queries() + second.queries() + first.responses() + second.responses() > 4'000'000 / slow());
    CHECK(sums.answered > 100'000 / slow());
    CHECK(sums.untracked > 100);
    CHECK(sums.finished - sums.answered - sums.untracked > 100);  // timed out
    CHECK(sums.servers.retransmissions > 10'000 / slow());
    CHECK(sums.servers.duplicate > 10'000 / slow());
    CHECK(sums.servers.late > 10);
    WARN(variant_name(variant) << ": " << sums.answered << " answered, " << sums.untracked << " gave way, "
                               << sums.finished - sums.answered - sums.untracked << " timed out, "
                               << sums.servers.late << " late, " << sums.stats.events_ring_full
                               << " ring full, " << sums.stats.pending_contended << " contended");
}
