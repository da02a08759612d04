#include "exporter/bpf/live_settings.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <set>
#include <thread>

namespace dnsexp {
namespace {

// Where membarrier(2) is missing, refuses (CPUs with nohz_full) or does not wait: many times what a run
// takes.
constexpr std::chrono::milliseconds kLongestRun{50};

template <typename Word>
void store(Word& at, Word value) {
    std::atomic_ref(at).store(value);
}

std::set<__u16> ports_of(const dns_settings& settings) {
    return {settings.ports, settings.ports + std::min<__u32>(settings.port_count, DNS_PORTS_MAX)};
}

// A place that can be written: no wanted port is lost by it. First one behind `count`, which no run reads
// that knows the count of before. Then of those with the same port the first one: who reads upwards meets the
// last.
__u16& dispensable(dns_settings& live, __u32 count, const std::set<__u16>& wanted) {
    for (__u32 i = 0; i < DNS_PORTS_MAX; ++i) {
        __u16& port = live.ports[(count + i) % DNS_PORTS_MAX];
        if (!wanted.contains(port) || std::count(std::begin(live.ports), std::end(live.ports), port) > 1)
            return port;
    }
    return live.ports[0];  // not reached: there are as many places as ports
}

void update_ports(dns_settings& live, const dns_settings& wanted) {
    const std::set<__u16> ports = ports_of(wanted);
    store(live.port_filter, live.port_filter | wanted.port_filter);
    const __u32 count = live.port_count;
    store<__u32>(live.port_count, DNS_PORTS_MAX);  // the places behind the ports hold the first one again
    for (const __u16 port : ports)
        if (std::find(std::begin(live.ports), std::end(live.ports), port) == std::end(live.ports))
            store(dispensable(live, count, ports), port);
    for (__u16& port : live.ports)
        if (!ports.contains(port)) store(port, *ports.begin());
    store(live.port_filter, wanted.port_filter);
}

}  // namespace

void update_settings(dns_settings& live, const dns_settings& wanted) {
    if (!have_same_ports(live, wanted)) update_ports(live, wanted);
    store(live.tunnels, wanted.tunnels);
    store(live.rate_limit_qps, wanted.rate_limit_qps);
}

bool have_same_edges(const dns_settings& a, const dns_settings& b) {
    return a.latency_edge_count == b.latency_edge_count &&
           std::equal(std::begin(a.latency_edges_ns), std::end(a.latency_edges_ns),
                      std::begin(b.latency_edges_ns));
}

bool have_same_ports(const dns_settings& a, const dns_settings& b) {
    return ports_of(a) == ports_of(b);
}

void update_edges(dns_settings& live, const dns_settings& wanted) {
    for (size_t i = 0; i < std::size(live.latency_edges_ns); ++i)
        store(live.latency_edges_ns[i], wanted.latency_edges_ns[i]);
    store(live.latency_edge_count, wanted.latency_edge_count);
}

// MEMBARRIER_CMD_GLOBAL is synchronize_rcu() (kernel/sched/membarrier.c), and a program runs within a
// read-side section of RCU. With one CPU it is nothing, though a program may have been preempted there.
void wait_for_programs() {
    if (sysconf(_SC_NPROCESSORS_ONLN) <= 1 || syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) != 0)
        std::this_thread::sleep_for(kLongestRun);
}

}  // namespace dnsexp
