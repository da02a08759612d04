// New settings while the programs run.
#include <bpf/bpf.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <numeric>
#include <random>
#include <thread>

#include "ebpf/dns_cursor.h"
#include "test/kernel/resolving.h"

using namespace dnsexp;
using namespace dnsexp::test;

namespace {

using Buckets = std::vector<uint64_t>;
constexpr double tiny = 1e-9,
                 endless = 3600;  // seconds: no latency of a test is below the one, or above the other

Config with_edges(std::vector<double> edges, Config config = {}) {
    config.metrics.latency_buckets_seconds = std::move(edges);
    return config;
}

Config with_ports(std::vector<uint16_t> ports) {
    Config config;
    config.capture.ports = std::move(ports);
    return config;
}

bool reconfigure(Kernel& kernel, const Config& config) {
    const auto restarted = kernel.source().reconfigure(config);
    if (!restarted) FAIL(restarted.error().message());
    return restarted.value();
}

// As it is, without the ledgers: they know no histogram that began anew.
RawSnapshot read(Kernel& kernel) {
    kernel.drain();
    auto snapshot = kernel.source().read();
    if (!snapshot) FAIL(snapshot.error().message());
    return std::move(snapshot).value();
}

template <size_t N>
void add(Buckets& to, const __u64 (&buckets)[N]) {
    for (size_t i = 0; i < to.size(); ++i) to[i] += buckets[i];
}

// The first three buckets over all keys and CPUs.
Buckets latencies(const RawSnapshot& snapshot) {
    Buckets sum(3);
    for (const auto& [key, cpus] : snapshot.latencies)
        for (const dns_latency& cpu : cpus) add(sum, cpu.buckets);
    return sum;
}
Buckets hits(const RawSnapshot& snapshot) {
    Buckets sum(3);
    add(sum, snapshot.sockets.hit_latency);
    return sum;
}
Buckets workloads(const RawSnapshot& snapshot) {
    Buckets sum(3);
    for (const WorkloadCounts& one : snapshot.workloads) add(sum, one.counts.latency);
    return sum;
}
uint64_t workload_queries(const RawSnapshot& snapshot) {
    uint64_t sum = 0;
    for (const WorkloadCounts& one : snapshot.workloads)
        sum += std::accumulate(std::begin(one.counts.outcomes), std::end(one.counts.outcomes), uint64_t{0});
    return sum;
}

Bytes query_to(uint16_t port) {
    return Packet().ethernet().ipv4().udp(40000, port).payload(query(7).build()).build();
}

uint64_t messages_by(Kernel& kernel, const Bytes& packet) {
    const uint64_t before = kernel.stats().packets[DNS_PROTO_UDP][DNS_OK];
    kernel.see(HookPoint::tc_out, packet);
    return kernel.stats().packets[DNS_PROTO_UDP][DNS_OK] - before;
}

}  // namespace

TEST_CASE("With other edges counts go on, and the histogram begins at 0 and sorts by the new ones",
          "[count]") {
    Talk talk(GENERATE(from_range(variants())), with_edges({tiny, endless}));
    const auto transaction = [&talk](uint16_t id) {
        talk.ask(query(id));
        talk.answer(response(id));
    };
    for (uint16_t id = 1; id <= 3; ++id) transaction(id);
    CHECK(latencies(read(talk.kernel())) == Buckets{0, 3, 0});
    CHECK(reconfigure(talk.kernel(), with_edges({endless})));
    CHECK(latencies(read(talk.kernel())) == Buckets{0, 0, 0});
    CHECK(read(talk.kernel()).latency_edges_ns == std::vector<uint64_t>{3'600'000'000'000});
    for (uint16_t id = 4; id <= 5; ++id) transaction(id);
    const RawSnapshot after = read(talk.kernel());
    CHECK(latencies(after) == Buckets{2, 0, 0});
    CHECK(counters_of(after).at("query 192.0.2.53 1 0 client udp") == 5);
    CHECK(counters_of(after).at("latency 192.0.2.53 client A") == 2);
    uint64_t sum_ns = 0;
    for (const auto& [key, cpus] : after.latencies)
        for (const dns_latency& cpu : cpus) sum_ns += cpu.sum_ns;
    uint64_t of_events = 0;
    for (const dns_event& event : talk.kernel().take_events())
        if (dns_be16(event.message) >= 4) of_events += event.latency_ns;
    CHECK(sum_ns == of_events);  // of the two that came since
    CHECK_FALSE(reconfigure(talk.kernel(), with_edges({endless})));
    CHECK(latencies(read(talk.kernel())) == Buckets{2, 0, 0});
    CHECK(reconfigure(talk.kernel(), with_edges({tiny, 2 * tiny})));
    transaction(6);
    CHECK(latencies(read(talk.kernel())) == Buckets{0, 0, 1});
}

TEST_CASE("With other edges the histograms of hits and workloads begin at 0 too", "[attach]") {
    const Config sockets = Resolving::with_sockets();
    Resolving host(GENERATE(from_range(variants())), with_edges({tiny, endless}, sockets));
    const auto hit = [&host](uint16_t id) {
        host.ask(id, "www.example.com");
        host.answer(response(id));
    };
    for (uint16_t id = 1; id <= 3; ++id) hit(id);
    const RawSnapshot before = read(host.kernel());
    CHECK(hits(before) == Buckets{0, 3, 0});
    CHECK(workloads(before) == Buckets{0, 6, 0});  // the client's and the resolver's
    CHECK(reconfigure(host.kernel(), with_edges({endless}, sockets)));
    hit(4);
    const RawSnapshot after = read(host.kernel());
    CHECK(hits(after) == Buckets{1, 0, 0});
    CHECK(after.sockets.cache_hits == 4);
    CHECK(workloads(after) == Buckets{2, 0, 0});
    CHECK(workload_queries(after) == 8);
}

TEST_CASE("A port that is gone is not read any more, and a new one is", "[count]") {
    Kernel kernel(GENERATE(from_range(variants())), with_ports({53, 5353}));
    CHECK(messages_by(kernel, query_to(53)) == 1);
    CHECK(messages_by(kernel, query_to(5353)) == 1);
    CHECK(messages_by(kernel, query_to(5300)) == 0);
    CHECK_FALSE(reconfigure(kernel, with_ports({5300, 53})));
    CHECK(messages_by(kernel, query_to(53)) == 1);
    CHECK(messages_by(kernel, query_to(5353)) == 0);
    CHECK(messages_by(kernel, query_to(5300)) == 1);
    reconfigure(kernel, with_ports({1, 2, 3, 4, 5, 6, 7, 8}));
    CHECK(messages_by(kernel, query_to(53)) == 0);
    CHECK(messages_by(kernel, query_to(8)) == 1);
}

TEST_CASE("While ports and edges change all the time, each message of a port that stays is counted",
          "[stress]") {
    constexpr int packets_a_run = 1000;
    Kernel kernel(GENERATE(from_range(variants())), with_ports({53}));
    const int program = program_of(kernel.source().programs(), HookPoint::tc_out);
    const Bytes packet = query_to(53);
    std::atomic<bool> done = false;
    uint64_t runs = 0, failed = 0;
    std::thread traffic([&] {
        while (!done) {
            LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet.data(),
                        .data_size_in = static_cast<__u32>(packet.size()), .repeat = packets_a_run);
            bpf_prog_test_run_opts(program, &options) == 0 ? ++runs : ++failed;
        }
    });
    std::mt19937 random(5);
    uint64_t changes = 0;
    Result<bool> result = true;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    while (result && std::chrono::steady_clock::now() < end) {
        std::vector<uint16_t> ports(random() % DNS_PORTS_MAX);
        for (uint16_t& port : ports) port = static_cast<uint16_t>(1000 + random() % 20);
        ports.insert(ports.begin() + static_cast<std::ptrdiff_t>(random() % (ports.size() + 1)), 53);
        Config config = with_ports(std::move(ports));
        if (changes % 500 == 499) config = with_edges({static_cast<double>(1 + random() % 5)}, config);
        result = kernel.source().reconfigure(config);
        ++changes;
    }
    done = true;
    traffic.join();
    if (!result) FAIL(result.error().message());
    REQUIRE(failed == 0);
    CHECK(changes > 100);
    CHECK(runs > 10);
    CHECK(kernel.stats().packets[DNS_PROTO_UDP][DNS_OK] == runs * packets_a_run);
    WARN(changes << " changes during " << runs * packets_a_run << " messages");
}
