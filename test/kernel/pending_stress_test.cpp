// The pending table under two CPUs that meet in its sets all the time, and a sweep in between. Every
// transaction has a serial number, in its name, id, port and type: an event whose parts don't fit each other
// was torn.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "ebpf/dns_classify.h"
#include "test/kernel/kernel.h"

using namespace dnsexp;
using namespace dnsexp::test;

namespace {

constexpr uint32_t producers = 2;
constexpr uint32_t queries_each = 1'500'000;
constexpr uint32_t timeout_ms = 100;
constexpr uint64_t ns_per_ms = 1'000'000;
constexpr uint32_t queries_a_turn = 50'000;
static_assert(queries_each % queries_a_turn == 0);

constexpr uint32_t serial_digits = 8;
constexpr size_t port_at = 34, id_at = 42,
                 name_at = id_at + 12 + 1;  // behind Ethernet, IPv4, UDP, DNS header, a length

uint64_t now_ns() {
    return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

uint16_t id_of(uint32_t serial) {
    return static_cast<uint16_t>(serial * 40503U >> 8);
}  // any spread will do
uint16_t port_of(uint32_t serial) {
    return static_cast<uint16_t>(1024 + serial % 60'000);
}
uint16_t type_of(uint32_t serial) {
    return static_cast<uint16_t>(1 + serial % 50);
}  // assigned types all

// A message with its serial number written into it, and the means to run it.
class Shot {
  public:
    Shot(const LoadedPrograms& programs, bool response) : response_(response) {
        const std::string name = std::string(serial_digits, '0') + ".stress.example";
        Dns dns;
        dns.flags(response ? qr : 0).question(name, 1).answers(response ? 1 : 0);
        type_at_ = name_at - 1 + wire_name(name).size();
        Packet packet;
        packet.ethernet();
        response ? packet.ipv4(server4, client4).udp(53, 0) : packet.ipv4().udp(0, 53);
        octets_ = packet.payload(dns.build()).build();
        program_ = program_of(programs, response ? HookPoint::tc_in : HookPoint::tc_out);
    }

    void fire(uint32_t serial) {
        put16(port_at + (response_ ? 2 : 0), port_of(serial));
        put16(id_at, id_of(serial));
        put16(type_at_, type_of(serial));
        for (uint32_t digit = 0; digit < serial_digits; ++digit)
            octets_[name_at + digit] = static_cast<uint8_t>('a' + (serial >> 4 * digit & 15));
        LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = octets_.data(),
                    .data_size_in = static_cast<__u32>(octets_.size()), .repeat = 1);
        fired += bpf_prog_test_run_opts(program_, &options) == 0;
    }

    uint64_t fired = 0;

  private:
    void put16(size_t at, uint16_t value) {
        octets_[at] = static_cast<uint8_t>(value >> 8);
        octets_[at + 1] = static_cast<uint8_t>(value);
    }

    bool response_;
    Bytes octets_;
    size_t type_at_;
    int program_;
};

// When the queries of a serial number were sent: written by the one producer that sends them.
struct Sent {
    uint64_t first_before = 0, last_after = 0;
};

struct Shared {
    // So many serial numbers of each producer have been sent, and answered or passed over by the other one.
    std::array<std::atomic<uint32_t>, producers> asked{}, answered{};
    std::vector<Sent> sent{std::vector<Sent>(size_t{producers} * queries_each)};
    std::atomic<uint32_t> running{producers};
    std::array<std::atomic<uint32_t>, producers> meetings{};
};

void pin_to_cpu(uint32_t number) {
    cpu_set_t allowed, one;
    sched_getaffinity(0, sizeof allowed, &allowed);
    CPU_ZERO(&one);
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
        if (CPU_ISSET(cpu, &allowed) && number-- == 0) CPU_SET(cpu, &one);
    sched_setaffinity(0, sizeof one, &one);  // with one CPU only there is nothing to pin to, and it fails
}

// Asks with serial numbers of its own and answers those of the other producer.
class Producer {
  public:
    Producer(const LoadedPrograms& programs, Shared& shared, uint32_t number)
        : query_(programs, false),
          response_(programs, true),
          shared_(shared),
          number_(number),
          random_(number) {}

    // Calm and storm take turns, and after each comes a lull.
    void run() {
        pin_to_cpu(number_);
        for (uint32_t turn = 0; turn < queries_each / queries_a_turn; ++turn) {
            for (uint32_t i = 0; i < queries_a_turn; ++i) {
                ask(asked_++);
                shared_.asked[number_].store(asked_, std::memory_order_release);
                if (random_() % 8 == 0)
                    ask(asked_ - 1 - std::min<uint32_t>(asked_ - 1, random_() % 4));  // once more
                answer_the_other();
                if (turn % 2 == 0) keep_calm();
            }
            meet();
            lull();
            meet();
        }
        --shared_.running;
    }

    [[nodiscard]] uint64_t queries() const { return query_.fired; }
    [[nodiscard]] uint64_t responses() const { return response_.fired; }

  private:
    struct Delayed {
        uint64_t due_ns;
        uint32_t serial;
    };

    void ask(uint32_t index) {
        const uint32_t serial = index * producers + number_;
        Sent& sent = shared_.sent[serial];
        if (sent.first_before == 0) sent.first_before = now_ns();
        query_.fire(serial);
        sent.last_after = now_ns();
    }

    // In the calm, fewer wait than the table holds; in the storm, a producer runs ahead and queries have to
    // give way.
    void keep_calm() {
        constexpr uint32_t most_waiting = 16, most_yields = 1000;
        for (uint32_t i = 0; i < most_yields && asked_ - shared_.answered[number_].load() > most_waiting;
             ++i) {
            answer_the_other();
            sched_yield();
        }
    }

    void answer_the_other() {
        constexpr uint32_t most_behind = 48;  // what is older has given way
        const uint32_t other = 1 - number_;
        const uint32_t asked = shared_.asked[other].load(std::memory_order_acquire);
        if (asked - answered_ > most_behind) answered_ = asked - most_behind;
        for (int i = 0; i < 2 && answered_ < asked; ++i) {
            const uint32_t serial = answered_++ * producers + other;
            response_.fire(serial);
            if (random_() % 16 == 0) response_.fire(serial);  // a duplicate
        }
        shared_.answered[other].store(answered_);
    }

    // Waits for the other producer, and answers it meanwhile.
    void meet() {
        const uint32_t meeting = ++shared_.meetings[number_];
        while (shared_.meetings[1 - number_] < meeting) {
            answer_the_other();
            sched_yield();
        }
    }

    // Nobody asks until all that waits has timed out. Some answers come about then, where the sweep is after
    // the queries.
    void lull() {
        const uint32_t other = 1 - number_;
        const uint32_t asked = shared_.asked[other].load(std::memory_order_acquire);
        const uint64_t start = now_ns();
        std::vector<Delayed> delayed;
        for (uint32_t index = asked - std::min(asked, 200U); index < asked; ++index)
            if (random_() % 4 != 0)
                delayed.push_back(
                    {start + (timeout_ms - 5 + random_() % 10) * ns_per_ms, index * producers + other});
        while (now_ns() < start + (timeout_ms + 10) * ns_per_ms) {
            std::erase_if(delayed, [&](const Delayed& answer) {
                if (now_ns() < answer.due_ns) return false;
                response_.fire(answer.serial);
                return true;
            });
            std::this_thread::sleep_for(std::chrono::microseconds(100));
        }
        answered_ = asked;
        shared_.answered[other].store(answered_);
    }

    Shot query_, response_;
    Shared& shared_;
    uint32_t number_, asked_ = 0, answered_ = 0;
    std::minstd_rand random_;
};

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
    const Variant variant = GENERATE(Variant::current, Variant::old);
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
        std::this_thread::sleep_for(std::chrono::microseconds(500));
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
    CHECK(first.queries() + second.queries() + first.responses() + second.responses() > 5'000'000);
    CHECK(sums.answered > 100'000);
    CHECK(sums.untracked > 100);
    CHECK(sums.finished - sums.answered - sums.untracked > 100);  // timed out
    CHECK(sums.servers.retransmissions > 10'000);
    CHECK(sums.servers.duplicate > 10'000);
    CHECK(sums.servers.late > 10);
    WARN(variant_name(variant) << ": " << sums.answered << " answered, " << sums.untracked << " gave way, "
                               << sums.finished - sums.answered - sums.untracked << " timed out, "
                               << sums.servers.late << " late, " << sums.stats.events_ring_full
                               << " ring full, " << sums.stats.pending_contended << " contended");
}
