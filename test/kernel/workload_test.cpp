// The slots of workloads, and the programs on sockets as far as they run without a socket of anybody's.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstring>
#include <numeric>
#include <thread>

#include "exporter/bpf/workload_slots.h"
#include "test/kernel/machine.h"
#include "test/kernel/talk.h"

using namespace dnsexp;
using namespace dnsexp::test;

namespace {

constexpr uint64_t second = 1'000'000'000;
constexpr uint64_t grace = 35 * second;
constexpr uint32_t room = DNS_WORKLOADS - DNS_WORKLOAD_OTHERS;

Config with_sockets() {
    Config config;
    config.workload.backend = WorkloadBackend::cgroup;
    config.capture.query_timeout_ms = 100;
    return config;
}

uint64_t queries(const dns_workload& counts) {
    return std::accumulate(std::begin(counts.outcomes), std::end(counts.outcomes), uint64_t{0});
}

// Does what the programs do with the maps.
class Slots {
  public:
    explicit Slots(Kernel& kernel) : programs_(kernel.source().programs()) {
        auto slots = WorkloadSlots::make(programs_, grace);
        REQUIRE(slots);
        slots_ = std::move(slots).value();
    }

    static dns_workload_key key(uint32_t number) {
        dns_workload_key key{number, {}, DNS_ROLE_CLIENT};
        std::memcpy(key.comm, "someone", 7);
        return key;
    }
    uint32_t take() {
        auto& shared = *programs_.skeleton->bss;
        REQUIRE(shared.workload_taken != shared.workload_freed);
        return shared.workload_free[shared.workload_taken++ % DNS_WORKLOADS];
    }
    uint32_t claim(uint32_t number) {
        const uint32_t slot = take();
        const dns_workload_key whose = key(number);
        REQUIRE(bpf_map_update_elem(map(programs_.skeleton->maps.workload_keys), &slot, &whose, BPF_ANY) ==
                0);
        (void)bpf_map_update_elem(map(programs_.skeleton->maps.workload_slots), &whose, &slot, BPF_NOEXIST);
        return slot;
    }
    void count(uint32_t slot, uint64_t noerror) {
        std::vector<dns_workload> cpus(static_cast<size_t>(libbpf_num_possible_cpus()));
        cpus.back().outcomes[0] = noerror;
        REQUIRE(bpf_map_update_elem(map(programs_.skeleton->maps.workloads), &slot, cpus.data(), BPF_ANY) ==
                0);
    }
    bool knows(uint32_t number) {
        const dns_workload_key whose = key(number);
        uint32_t slot = 0;
        return bpf_map_lookup_elem(map(programs_.skeleton->maps.workload_slots), &whose, &slot) == 0;
    }
    uint32_t free_slots() {
        const auto& shared = *programs_.skeleton->bss;
        return shared.workload_freed - shared.workload_taken;
    }
    uint32_t generation() { return programs_.skeleton->bss->workload_generation; }
    std::vector<WorkloadCounts> read(uint64_t now) {
        auto counts = slots_->read(now);
        REQUIRE(counts);
        return std::move(counts).value();
    }

  private:
    static int map(const bpf_map* of) { return bpf_map__fd(of); }

    const LoadedPrograms& programs_;
    std::unique_ptr<WorkloadSlots> slots_;
};

const WorkloadCounts* find(const std::vector<WorkloadCounts>& all, uint32_t slot) {
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.slot == slot; });
    return found == all.end() ? nullptr : &*found;
}

}  // namespace

TEST_CASE("A workload's slot has its key and its counts over all CPUs", "[limits]") {
    Kernel kernel(variants().front(), with_sockets());
    Slots slots(kernel);
    CHECK(slots.read(second).size() == DNS_WORKLOAD_OTHERS);
    const uint32_t slot = slots.claim(7);
    slots.count(slot, 5);
    const auto all = slots.read(2 * second);
    CHECK(all.size() == DNS_WORKLOAD_OTHERS + 1);
    const WorkloadCounts* one = find(all, slot);
    REQUIRE(one);
    CHECK(one->key.cgroup == 7);
    CHECK(queries(one->counts) == 5);
    CHECK_FALSE(one->ended);
}

TEST_CASE("While there is room, an idle workload keeps its slot", "[limits]") {
    Kernel kernel(variants().front(), with_sockets());
    Slots slots(kernel);
    for (uint32_t i = 0; i < room - DNS_WORKLOADS / 4; ++i) slots.claim(i);
    slots.read(second);
    slots.read(3600 * second);
    CHECK(slots.generation() == 0);
    CHECK(slots.knows(7));
}

TEST_CASE("When room gets scarce idle workloads give theirs back, with their last counts once", "[limits]") {
    Kernel kernel(variants().front(), with_sockets());
    Slots slots(kernel);
    std::vector<uint32_t> claimed;
    for (uint32_t i = 0; i < room; ++i) claimed.push_back(slots.claim(i));
    CHECK(slots.free_slots() == 0);
    slots.read(second);
    for (uint32_t i = 600; i < room; ++i) slots.count(claimed[i], 1);
    slots.read(59 * second);  // these are not idle
    CHECK(slots.generation() == 0);
    slots.read(62 * second);
    const uint32_t wanted = DNS_WORKLOADS / 2;
    CHECK(slots.generation() == wanted);  // so many were taken back, of those that are idle
    uint32_t gone = 0;
    while (slots.knows(gone)) ++gone;
    for (uint32_t i = 600; i < room; ++i) CHECK(slots.knows(i));
    CHECK(slots.free_slots() == 0);  // a query may still count in them

    slots.count(claimed[gone], 9);
    uint32_t ended = 0;
    for (uint64_t now = 63; now < 110; ++now) {
        const auto all = slots.read(now * second);
        for (const WorkloadCounts& one : all) {
            ended += one.ended;
            if (one.ended && one.slot == claimed[gone]) {
                CHECK(queries(one.counts) == 9);
                CHECK(now * second > 62 * second + grace);
            }
        }
    }
    CHECK(ended == wanted);
    CHECK(slots.free_slots() == wanted);
    const uint32_t again = slots.claim(5000);
    CHECK(queries(find(slots.read(111 * second), again)->counts) == 0);
}

TEST_CASE("A slot that lost the race for its key is found and freed", "[limits]") {
    Kernel kernel(variants().front(), with_sockets());
    Slots slots(kernel);
    const uint32_t winner = slots.claim(7), loser = slots.claim(7);
    slots.read(second);
    slots.read(3 * second);
    const auto all = slots.read(3 * second + 2 * grace);
    CHECK(find(all, loser)->ended);
    CHECK_FALSE(find(all, winner)->ended);
    CHECK(slots.knows(7));
    CHECK(slots.free_slots() == room - 1);
}

TEST_CASE("A query of a socket that nobody answers is a timeout of its workload", "[limits]") {
    if (!runs_socket_programs()) return;
    Kernel kernel(variants().front(), with_sockets());
    const Bytes packet = Packet().ethernet().ipv4().udp(40000, 53).payload(query(7).build()).build();
    const auto& programs = kernel.source().programs();
    const Verdict verdict =
        run_program(bpf_program__fd(programs.skeleton->progs.dns_socket_out), HookPoint::tc_out, packet);
    CHECK(verdict.error == 0);
    CHECK(verdict.value == 1);  // it may leave
    std::this_thread::sleep_for(std::chrono::milliseconds(120));
    kernel.sweep();
    const RawSnapshot snapshot = kernel.read();
    CHECK(snapshot.sockets.sockets_tracked == 1);
    CHECK(snapshot.sockets.opcodes[DNS_QUERY][0] == 1);
    CHECK(counters_of(snapshot).count("opcode query 0") == 0);  // nothing is counted as an interface's
    uint64_t timeouts = 0;
    for (const WorkloadCounts& one : snapshot.workloads) {
        timeouts += one.counts.outcomes[DNS_WORKLOAD_TIMEOUT];
        CHECK(queries(one.counts) == one.counts.outcomes[DNS_WORKLOAD_TIMEOUT]);
    }
    CHECK(timeouts == 1);
}

TEST_CASE("Queries of one id, which share a set, find room in others and push out none of another id",
          "[limits]") {
    if (!runs_socket_programs()) return;
    Config config = with_sockets();
    config.capture.query_timeout_ms = 60000;
    Kernel kernel(variants().front(), config);
    const int leaving = bpf_program__fd(kernel.source().programs().skeleton->progs.dns_socket_out);
    const auto send = [&](uint16_t id) {  // each from a socket of its own
        const Bytes packet = Packet().ethernet().ipv4().udp(40000, 53).payload(query(id).build()).build();
        REQUIRE(run_program(leaving, HookPoint::tc_out, packet).value == 1);
    };
    constexpr uint64_t others = 100, alike = 200;
    for (uint16_t id = 0; id < others; ++id) send(id);
    for (uint64_t i = 0; i < alike; ++i) send(12345);
    const RawSnapshot snapshot = kernel.read();
    uint64_t untracked = 0;
    for (const WorkloadCounts& one : snapshot.workloads) {
        untracked += one.counts.outcomes[DNS_WORKLOAD_UNTRACKED];
        CHECK(queries(one.counts) == one.counts.outcomes[DNS_WORKLOAD_UNTRACKED]);
    }
    CHECK(snapshot.sockets.sockets_tracked == others + alike);
    CHECK(snapshot.sockets.sockets_ended == untracked);
    // A second set may be the full one: once in 4,096, so 0.05 times in a run. More than three is one in
    // millions.
    CHECK(untracked <= 3);
}

TEST_CASE("Where all lanes of a CPU are taken the message passes and is counted as not looked at",
          "[limits]") {
    Kernel kernel(variants().front(), with_sockets());
    const auto& programs = kernel.source().programs();
    const bpf_map* scratch = programs.skeleton->maps.scratch;
    const size_t octets = (bpf_map__value_size(scratch) + 7) / 8 * 8;
    std::vector<uint8_t> taken(octets * static_cast<size_t>(libbpf_num_possible_cpus()));
    // `claims` and `releases` are the struct's last members.
    for (size_t at = octets; at <= taken.size(); at += octets) taken[at - 16] = 1;
    for (uint32_t lane = 1; lane <= DNS_SOCKET_LANES; ++lane)  // 0 is of what arrives
        REQUIRE(bpf_map_update_elem(bpf_map__fd(scratch), &lane, taken.data(), BPF_ANY) == 0);
    const Bytes packet = Packet().ethernet().ipv4().udp(40000, 53).payload(query(7).build()).build();
    const Verdict verdict =
        run_program(bpf_program__fd(programs.skeleton->progs.dns_socket_out), HookPoint::tc_out, packet);
    CHECK(verdict.value == 1);
    const RawSnapshot snapshot = kernel.read();
    CHECK(snapshot.sockets.lanes_busy == 1);
    CHECK(snapshot.sockets.opcodes[DNS_QUERY][0] == 0);
}
