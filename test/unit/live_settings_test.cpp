#include "exporter/bpf/live_settings.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <numeric>
#include <random>
#include <set>
#include <thread>

#include "ebpf/dns_transport.h"
#include "exporter/bpf/loader.h"

#ifdef __SANITIZE_THREAD__
// ThreadSanitizer's own, which no header declares.
extern "C" void AnnotateBenignRaceSized(const char* file, int line, const volatile void* object, size_t size,
                                        const char* why);
#endif

using namespace dnsexp;

namespace {

constexpr uint16_t nobodys_port = 39999;

dns_settings with_ports(std::vector<uint16_t> ports) {
    Config config;
    config.capture.ports = std::move(ports);
    return make_settings(config);
}

// One to eight ports, some with the same bit of the filter, in no order.
std::vector<uint16_t> random_ports(std::mt19937& random) {
    std::set<uint16_t> ports;
    for (uint64_t n = 1 + random() % DNS_PORTS_MAX; ports.size() < n;)
        ports.insert(static_cast<uint16_t>(random() % 12 + 64 * (random() % 2)));
    std::vector<uint16_t> all(ports.begin(), ports.end());
    std::shuffle(all.begin(), all.end(), random);
    return all;
}

// All ports that a program would read, asked one by one.
std::set<uint16_t> ports_read(const dns_settings& settings) {
    std::set<uint16_t> ports;
    for (uint32_t port = 0; port < 256; ++port)
        if (dns_ports_match(&settings, nobodys_port, port)) ports.insert(static_cast<uint16_t>(port));
    return ports;
}

uint64_t filter_of(const std::vector<uint16_t>& ports) {
    uint64_t filter = 0;
    for (const uint16_t port : ports) filter |= uint64_t{1} << port % 64;
    return filter;
}

// Programs read the settings while they are written, without atomics: what is checked is that they can.
void read_as_the_kernel_does([[maybe_unused]] dns_settings& live) {
#ifdef __SANITIZE_THREAD__
    AnnotateBenignRaceSized(__FILE__, __LINE__, &live, sizeof live, "programs of the kernel read it");
#endif
}

}  // namespace

TEST_CASE("Whatever the ports were, those that are read afterwards are the wanted ones") {
    std::mt19937 random(1);
    for (int chain = 0; chain < 200; ++chain) {
        dns_settings live = with_ports(random_ports(random));
        for (int step = 0; step < 10; ++step) {  // places are filled otherwise after each
            const auto ports = random_ports(random);
            update_settings(live, with_ports(ports));
            if (ports_read(live) != std::set<uint16_t>(ports.begin(), ports.end()))
                FAIL_CHECK("chain " << chain << ", step " << step);
            if (live.port_filter != filter_of(ports)) FAIL_CHECK("filter of chain " << chain);
        }
    }
}

TEST_CASE("A first change writes no place of a port that stays, which a run with the old count still reads") {
    std::mt19937 random(2);
    for (int pair = 0; pair < 5000; ++pair) {
        const auto before = random_ports(random), after = random_ports(random);
        dns_settings live = with_ports(before);
        update_settings(live, with_ports(after));
        for (size_t i = 0; i < before.size(); ++i)
            if (std::count(after.begin(), after.end(), before[i]) != 0 && live.ports[i] != before[i])
                FAIL_CHECK("pair " << pair << ": place " << i << " of port " << before[i]);
    }
}

TEST_CASE("A port that stays is found at every moment, however often the others change") {
    constexpr uint16_t first = 53, second = 5353;  // with different bits of the filter
    std::mt19937 random(3);
    std::vector<dns_settings> wanted;
    for (int i = 0; i < 500; ++i) {
        auto ports = random_ports(random);
        ports.resize(std::min<size_t>(ports.size(), DNS_PORTS_MAX - 2));
        ports.insert(ports.begin() + static_cast<std::ptrdiff_t>(random() % (ports.size() + 1)), first);
        ports.insert(ports.begin() + static_cast<std::ptrdiff_t>(random() % (ports.size() + 1)), second);
        wanted.push_back(with_ports(ports));
    }
    // Not the first change: a thread, unlike a program, may pause so long that it knows an old count in the
    // second.
    dns_settings live = with_ports({first, second});
    update_settings(live, wanted.front());
    read_as_the_kernel_does(live);
    std::atomic<bool> done = false;
    uint64_t scans = 0, missed = 0;
    std::thread reader([&] {
        for (; !done || scans == 0; ++scans) {
            missed += !dns_ports_match(&live, first, nobodys_port);
            std::atomic_signal_fence(std::memory_order_seq_cst);  // reads it again, as each run does
            missed += !dns_ports_match(&live, nobodys_port, second);
            std::atomic_signal_fence(std::memory_order_seq_cst);
        }
    });
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
    while (std::chrono::steady_clock::now() < end)
        for (const dns_settings& settings : wanted) update_settings(live, settings);
    done = true;
    reader.join();
    CHECK(scans > 1000);
    CHECK(missed == 0);
}

TEST_CASE("Ports are the same in any order, and however often they are listed") {
    CHECK(have_same_ports(with_ports({53, 5353}), with_ports({5353, 53})));
    CHECK(have_same_ports(with_ports({53, 5353, 53}), with_ports({53, 5353})));
    CHECK_FALSE(have_same_ports(with_ports({53, 5353}), with_ports({53})));
    CHECK_FALSE(have_same_ports(with_ports({53}), with_ports({54})));
    dns_settings live = with_ports({53, 5353});
    update_settings(live, with_ports({53}));  // fills what is behind
    CHECK(have_same_ports(live, with_ports({53})));
}

TEST_CASE("Tunnels and the limit of queries are taken over, edges only when told") {
    Config config;
    config.capture.tunnels = {Tunnel::gre, Tunnel::vxlan};
    config.security.rate_limit_qps = 77;
    config.metrics.latency_buckets_seconds = {0.5, 2};
    const dns_settings wanted = make_settings(config);
    const dns_settings before = with_ports({53});
    dns_settings live = before;
    CHECK_FALSE(have_same_edges(live, wanted));
    update_settings(live, wanted);
    CHECK(live.tunnels == (DNS_TUNNEL_GRE | DNS_TUNNEL_VXLAN));
    CHECK(live.rate_limit_qps == 77);
    CHECK(have_same_edges(live, before));
    update_edges(live, wanted);
    CHECK(have_same_edges(live, wanted));
    CHECK(live.latency_edge_count == 2);
    CHECK(live.latency_edges_ns[0] == 500'000'000);
    CHECK(live.latency_edges_ns[1] == 2'000'000'000);
    CHECK(std::all_of(live.latency_edges_ns + 2, std::end(live.latency_edges_ns),
                      [](uint64_t edge) { return edge == UINT64_MAX; }));
    config.metrics.latency_buckets_seconds = {0.5};  // one less
    update_edges(live, make_settings(config));
    CHECK(have_same_edges(live, make_settings(config)));
    CHECK_FALSE(have_same_edges(live, wanted));
}

TEST_CASE("Waiting for programs ends, and soon") {
    const auto begin = std::chrono::steady_clock::now();
    wait_for_programs();
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));  // some 10 ms where idle
}
