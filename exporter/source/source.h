// The seam between where packets are observed and everything else. The kernel source (bpf/) and the host
// source of the tests (test/support/) both speak it, so packet bytes -> exposition text is testable without
// root.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "ebpf/dns_abi.h"
#include "exporter/base/result.h"

namespace dnsexp {

// One kernel key with its value on each possible CPU, not yet summed.
template <typename Key, typename Value>
struct PerCpuEntry {
    Key key;
    std::vector<Value> cpus;
};

// An interface slot as the attach code assigned it. Slot 0 is `other`.
struct InterfaceSlot {
    uint32_t slot;
    std::string name;
};

struct AttachedHook {
    std::string interface;
    std::string hook;  // ingress, egress
    std::string mode;  // native, generic, tcx, clsact
    bool attached;     // false: it was wanted and could not be had
};

struct MapUse {
    std::string map;
    uint64_t entries;
    uint64_t capacity;
};

// Of one BPF program, while its runs were counted.
struct ProgramRuns {
    std::string program;
    uint64_t runs;
    uint64_t nanoseconds;
};

// What the processes of one name in one cgroup asked, or answered.
struct WorkloadCounts {
    uint32_t slot;  // below DNS_WORKLOAD_OTHERS: of all that have no slot; the slot is the role, the key
                    // means nothing
    dns_workload_key key;
    dns_workload counts;
    bool ended;  // the slot's last counts; it comes with other ones next, or not at all
};

// The exact lane at one moment, as it lies in the kernel. Counters never go down from one snapshot to the
// next.
struct RawSnapshot {
    std::vector<dns_stats> stats;                                        // one a CPU, or their sum
    std::vector<PerCpuEntry<uint32_t, dns_interface_stats>> interfaces;  // key: interface slot
    std::vector<PerCpuEntry<uint32_t, dns_server_stats>> servers;        // key: slot * DNS_ROLES + role
    std::vector<PerCpuEntry<uint32_t, dns_latency>> latencies;           // key: see dns_latency
    std::vector<PerCpuEntry<dns_traffic_key, dns_traffic>>
        traffic;                      // the sweep's timeouts are entries of their own
    uint64_t active[DNS_ROLES] = {};  // live entries of the pending table

    uint64_t time_ns = 0;        // CLOCK_MONOTONIC, before the workloads were read
    bool has_workloads = false;  // somebody tells whose a message is
    std::vector<WorkloadCounts> workloads;
    dns_stats sockets{};     // what programs of sockets counted: no part of the sums above
    dns_call_stats calls{};  // what programs at getaddrinfo() counted

    // Names of what the numbers above are keyed by.
    std::vector<std::pair<uint32_t, dns_address>> server_slots;  // slot (1 and up), address
    std::vector<InterfaceSlot> interface_slots;
    std::vector<uint16_t> extra_types;       // QTYPEs that hold the dynamic type slots, in slot order
    std::vector<uint64_t> latency_edges_ns;  // rising, without +Inf
    std::vector<AttachedHook> hooks;
    std::vector<MapUse> maps;
    std::vector<ProgramRuns> programs;  // empty: runs are not counted
};

// A client that asked more often in one second than the limit allows.
struct BusyClient {
    dns_address address;
    uint8_t role;      // enum dns_role of its queries
    uint64_t time_ns;  // CLOCK_MONOTONIC: when that second began
    uint32_t queries;  // in that second: more than the limit; retransmissions count too
};

// An event as it came: `event` may be shorter than sizeof(dns_event); use only event->message_length octets
// of message.
using EventSink = std::function<void(const dns_event& event)>;

// Not thread-safe: one thread at a time, the caller holds its own lock.
class Source {
  public:
    virtual ~Source() = default;
    // Reads the exact lane. Drain first: then no event of a transaction that the snapshot counts is still to
    // come, but for what passed in between.
    virtual Result<RawSnapshot> read() = 0;
    // Hands every waiting event to the sink and returns how many there were.
    virtual Result<uint64_t> drain(const EventSink& sink) = 0;
    // Clients that were over the limit in a second that ended since the last call, as interfaces saw it, one
    // entry for each such second; none where there is no limit. Independent of events. Call it once a second,
    // with the time of the source's clock: of a client, only the last two seconds over the limit are known.
    virtual std::vector<BusyClient> busy_clients(uint64_t now_ns) = 0;
};

}  // namespace dnsexp
