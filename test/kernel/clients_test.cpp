// Who asks too often: counted and decided by the programs, with a limit of so many queries a second.
#include <bpf/bpf.h>
#include <sched.h>

#include <barrier>
#include <catch2/catch.hpp>
#include <chrono>
#include <set>
#include <thread>
#include <tuple>

#include "ebpf/dns_client.h"
#include "exporter/base/clock.h"
#include "test/kernel/kernel.h"
#include "test/support/host_source.h"

using namespace dnsexp;
using namespace dnsexp::test;

namespace {

constexpr uint32_t limit = 100;
constexpr uint64_t ns_per_second = 1'000'000'000;

Config limited(uint32_t limit_qps) {
    Config config;
    config.security.rate_limit_qps = limit_qps;
    return config;
}

Address4 client_number(uint32_t n) {
    return {10, static_cast<uint8_t>(n >> 16), static_cast<uint8_t>(n >> 8), static_cast<uint8_t>(n)};
}

Bytes query_of(HookPoint hook, const Address4& client) {
    Packet packet;
    if (!is_ip_hook(hook)) packet.ethernet();
    return packet.ipv4(client).udp().payload(Dns().question("a.example", 1).build()).build();
}

uint32_t role_at(HookPoint hook) {
    if (hook == HookPoint::tc_lo) return DNS_ROLE_LOCAL;
    return hook == HookPoint::tc_out || hook == HookPoint::tc_out_ip ? DNS_ROLE_CLIENT : DNS_ROLE_SERVER;
}

// The programs, and what they told of clients.
class Counting {
  public:
    explicit Counting(Variant variant, const Config& config) : kernel(variant, config) {}

    // The kernel runs the packet so often in one go: microseconds, also where the machine is slow.
    void see(HookPoint hook, const Bytes& packet, uint32_t times = 1) {
        LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet.data(),
                    .data_size_in = static_cast<__u32>(packet.size()), .repeat = static_cast<int>(times));
        const int program = program_of(kernel.source().programs(), hook);
        if (bpf_prog_test_run_opts(program, &options) != 0) FAIL("run " << hook_name(hook));
    }
    // Waits for the next second to begin, and returns its number.
    static uint64_t begin_second() {
        const uint64_t second = dns_second_of(monotonic_ns()) + 1;
        while (dns_second_of(monotonic_ns()) < second)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        return second;
    }
    // What is told once the second is over.
    std::vector<BusyClient> busy_after(uint64_t second) {
        return kernel.source().busy_clients(dns_second_begin(second + 1));
    }
    std::vector<BusyClient> busy_now() { return kernel.source().busy_clients(monotonic_ns()); }

    Kernel kernel;
};

bool is(const BusyClient& client, const dns_address& address) {
    return client.address.high == address.high && client.address.low == address.low;
}

}  // namespace

TEST_CASE("A client over the limit is told of at each hook, and one at the limit is not", "[limits]") {
    Counting counting(GENERATE(from_range(variants())), limited(limit));
    for (const HookPoint hook : all_hooks) {
        INFO(hook_name(hook));
        const uint64_t second = Counting::begin_second();
        counting.see(hook, query_of(hook, client_number(1)), limit + 23);
        counting.see(hook, query_of(hook, client_number(2)), limit);
        const std::vector<BusyClient> busy = counting.busy_after(second);
        REQUIRE(busy.size() == 1);
        CHECK(is(busy[0], address_of(client_number(1))));
        CHECK(busy[0].role == role_at(hook));
        CHECK(busy[0].queries == limit + 23);
        CHECK(busy[0].time_ns == dns_second_begin(second));
    }
}

TEST_CASE("Clients with IPv6 addresses and queries over TCP are counted alike", "[limits]") {
    Counting counting(GENERATE(from_range(variants())), limited(2));
    const Bytes message = Dns().question("a.example", 1).build();
    Bytes stream = Dns().question("a.example", 1).build_tcp();
    append(stream, stream);
    append(stream, Dns().id(3).question("b.example", 1).build_tcp());
    const uint64_t second = Counting::begin_second();
    counting.see(HookPoint::tc_in, Packet().ethernet().ipv6().udp().payload(message).build(), 3);
    counting.see(HookPoint::tc_in, Packet().ethernet().ipv4().tcp().payload(stream).build());
    const std::vector<BusyClient> busy = counting.busy_after(second);
    REQUIRE(busy.size() == 2);
    for (const BusyClient& client : busy) {
        CHECK((is(client, address_of(client6)) || is(client, address_of(client4))));
        CHECK(client.queries == 3);
    }
    CHECK_FALSE(is(busy[0], busy[1].address));
}

TEST_CASE("The model of the other tests tells of the same clients", "[limits]") {
    Counting counting(GENERATE(from_range(variants())), limited(2));
    ModelOptions options;
    options.rate_limit_qps = 2;
    HostSource host(options);
    const uint64_t second = Counting::begin_second();
    const uint64_t begin_ns = 1000 * ns_per_second;  // of the capture
    for (const uint32_t queries : {2, 3, 4}) {
        const Bytes packet = query_of(HookPoint::tc_in, client_number(queries));
        counting.see(HookPoint::tc_in, packet, queries);
        for (uint32_t i = 0; i < queries; ++i)
            host.packet({i, begin_ns + i, static_cast<uint32_t>(packet.size()), packet, true});
    }
    CHECK(host.busy_clients(begin_ns + ns_per_second - 1).empty());
    const auto rows_of = [](const std::vector<BusyClient>& busy) {
        std::set<std::tuple<uint64_t, uint64_t, uint32_t, uint32_t>> rows;
        for (const BusyClient& client : busy)
            rows.insert({client.address.high, client.address.low, client.role, client.queries});
        return rows;
    };
    const std::vector<BusyClient> told = host.busy_clients(begin_ns + ns_per_second);
    REQUIRE(told.size() == 2);
    CHECK(told[0].time_ns == begin_ns);
    CHECK(rows_of(told) == rows_of(counting.busy_after(second)));
    CHECK(host.busy_clients(begin_ns + 2 * ns_per_second).empty());
}

TEST_CASE("Responses, other opcodes and queries to a group are nobody's queries", "[limits]") {
    Counting counting(GENERATE(from_range(variants())), limited(1));
    const auto send = [&](const Dns& dns, Address4 to = server4) {
        counting.see(HookPoint::tc_in,
                     Packet().ethernet().ipv4(client4, to).udp().payload(dns.build()).build(), 5);
    };
    const uint64_t second = Counting::begin_second();
    send(Dns().flags(qr).question("a.example", 1));
    send(Dns().flags(opcode_bits(5)).question("a.example", 6));  // UPDATE (RFC 2136)
    send(Dns().question("a.example", 1), {224, 0, 0, 251});
    CHECK(counting.busy_after(second).empty());
}

TEST_CASE("Where nothing is judged no client is counted", "[limits]") {
    Config config = limited(1);
    config.security.enabled = false;
    Counting counting(GENERATE(from_range(variants())), config);
    const uint64_t second = Counting::begin_second();
    counting.see(HookPoint::tc_in, query_of(HookPoint::tc_in, client_number(1)), 500);
    counting.kernel.source().programs().skeleton->bss->settings.rate_limit_qps = 1;
    CHECK(counting.busy_after(second).empty());
    const uint64_t later = Counting::begin_second();  // the settings hold from the next query on
    counting.see(HookPoint::tc_in, query_of(HookPoint::tc_in, client_number(1)), 2);
    CHECK(counting.busy_after(later).size() == 1);
}

TEST_CASE("A second over the limit is told of once, whether or not its client asks on", "[limits]") {
    Counting counting(GENERATE(from_range(variants())), limited(limit));
    const uint64_t second = Counting::begin_second();
    for (const uint32_t n : {1, 2})
        counting.see(HookPoint::tc_in, query_of(HookPoint::tc_in, client_number(n)), limit + n);
    CHECK(counting.busy_now().empty());  // the second is not over
    const uint64_t next = Counting::begin_second();
    counting.see(HookPoint::tc_in, query_of(HookPoint::tc_in, client_number(1)));
    const std::vector<BusyClient> busy = counting.busy_now();
    REQUIRE(busy.size() == 2);
    for (const BusyClient& client : busy) {
        CHECK(client.time_ns == dns_second_begin(second));
        CHECK(client.queries == limit + (is(client, address_of(client_number(1))) ? 1 : 2));
    }
    CHECK(counting.busy_after(next).empty());
}

TEST_CASE("A client over the limit is told of when all its events are lost", "[limits]") {
    Config config = limited(limit);
    config.performance.ring_buffer_size_kb = 64;
    Counting counting(GENERATE(from_range(variants())), config);
    const HookPoint in = HookPoint::tc_in, out = HookPoint::tc_out;
    for (uint16_t id = 0; id < 2000; ++id) {  // of other clients: the ring is full then
        const Address4 other = client_number(1000U + id);
        const Dns query = Dns().id(id).question("a.example", 1);
        counting.see(in, Packet().ethernet().ipv4(other).udp().payload(query.build()).build());
        const Dns answer = Dns().id(id).flags(qr).question("a.example", 1);
        counting.see(out,
                     Packet().ethernet().ipv4(server4, other).udp(53, 40000).payload(answer.build()).build());
    }
    const dns_stats before = counting.kernel.stats();
    REQUIRE(before.events_ring_full > 0);
    const uint64_t second = Counting::begin_second();
    for (uint16_t id = 0; id < limit + 1; ++id) {
        const Dns query = Dns().id(id).question("b.example", 1);
        counting.see(in, Packet().ethernet().ipv4().udp().payload(query.build()).build());
        const Dns answer = Dns().id(id).flags(qr).question("b.example", 1);
        counting.see(
            out, Packet().ethernet().ipv4(server4, client4).udp(53, 40000).payload(answer.build()).build());
    }
    const std::vector<BusyClient> busy = counting.busy_after(second);
    CHECK(counting.kernel.stats().events_submitted == before.events_submitted);
    REQUIRE(busy.size() == 1);
    CHECK(is(busy[0], address_of(client4)));
    CHECK(busy[0].queries == limit + 1);
}

TEST_CASE("A flood of spoofed clients hides nobody who asks too often", "[limits]") {
    // All in one set, as nobody could aim who does not know the keys: four of them for each query.
    constexpr uint32_t few = 5, spoofed = 200, to_one = 4;
    Counting counting(GENERATE(from_range(variants())), limited(few));
    const auto& keys = counting.kernel.source().programs().skeleton->rodata->hash_keys;
    const auto set_of = [&](const Address4& client) {
        const dns_address address = address_of(client);
        return dns_client_tag(&address, &keys) >> DNS_CLIENT_SET_SHIFT;
    };
    const Address4 heavy = {192, 0, 2, 77};
    const HookPoint hook = HookPoint::tc_in;
    uint32_t next = 0;
    const auto next_of_the_set = [&] {
        while (set_of(client_number(++next)) != set_of(heavy)) {
        }
        return client_number(next);
    };
    for (int round = 0; round < 2; ++round) {
        std::vector<Bytes> flood(spoofed);
        for (Bytes& packet : flood) packet = query_of(hook, next_of_the_set());
        const Bytes asked = query_of(hook, heavy);
        const uint64_t second = Counting::begin_second();
        for (uint32_t i = 0; i < spoofed; ++i) {
            counting.see(hook, flood[i]);
            if (i % to_one == 0) counting.see(hook, asked);
        }
        const std::vector<BusyClient> busy = counting.busy_after(second);
        REQUIRE(busy.size() == 1);
        CHECK(is(busy[0], address_of(heavy)));
        CHECK(busy[0].queries > spoofed / to_one / 2);  // the first ones may give way before the second comes
    }
    const dns_stats stats = counting.kernel.stats();
    CHECK(stats.clients_evicted >= 2 * spoofed - 2 * DNS_CLIENT_WAYS);
    CHECK(stats.clients_no_room == 0);
}

TEST_CASE("Queries of one client on several CPUs are all counted", "[limits]") {
    if (std::thread::hardware_concurrency() < 2) {
        WARN("not tested: two CPUs");
        return;
    }
    const uint32_t each = 200'000 / slow();
    Counting counting(GENERATE(from_range(variants())), limited(limit));
    const Bytes query = query_of(HookPoint::tc_in, client_number(1));
    std::barrier start(2);
    const auto ask = [&](size_t cpu) {
        cpu_set_t only;
        CPU_ZERO(&only);
        CPU_SET(cpu, &only);
        sched_setaffinity(0, sizeof only, &only);
        start.arrive_and_wait();
        counting.see(HookPoint::tc_in, query, each);
    };
    int judged = 0;
    for (int round = 0; round < 5 && judged < 2; ++round) {
        const uint64_t second = Counting::begin_second();
        counting.see(HookPoint::tc_in, query);  // the second has begun before they meet
        { const std::jthread one(ask, 0), other(ask, 1); }
        const bool in_time = dns_second_of(monotonic_ns()) == second;
        const std::vector<BusyClient> busy = counting.busy_after(second);
        if (!in_time) continue;
        ++judged;
        REQUIRE(busy.size() == 1);
        CHECK(busy[0].queries == 2 * each + 1);
    }
    CHECK(judged > 0);
}
