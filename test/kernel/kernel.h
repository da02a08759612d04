// The programs in the kernel, fed by BPF_PROG_TEST_RUN: no interface, no traffic, one packet at a time.
#pragma once

#include <catch2/catch.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "exporter/bpf/kernel_source.h"
#include "test/kernel/machine.h"
#include "test/support/counters.h"
#include "test/support/ledgers.h"
#include "test/support/packet_builder.h"

namespace dnsexp::test {

// The hooks of a variant. The _ip ones are for packets that begin with their IP header.
enum class HookPoint { tc_in, tc_out, tc_lo, tc_in_ip, tc_out_ip, xdp_in };
inline constexpr HookPoint all_hooks[] = {HookPoint::tc_in,    HookPoint::tc_out,    HookPoint::tc_lo,
                                          HookPoint::tc_in_ip, HookPoint::tc_out_ip, HookPoint::xdp_in};
inline bool is_ip_hook(HookPoint hook) {
    return hook == HookPoint::tc_in_ip || hook == HookPoint::tc_out_ip;
}
std::string hook_name(HookPoint hook);

// The least that test_run takes: an Ethernet header, though the _ip hooks read none.
inline constexpr size_t kLeastPacket = 14;
// What it takes in one piece: a page without the headroom and the kernel's bookkeeping.
inline constexpr size_t kMostLinear = 3500;

// File descriptor of a hook's program.
int program_of(const LoadedPrograms& programs, HookPoint hook);

struct Verdict {
    int error;  // errno of the run, 0 where it ran
    uint32_t value;
    Bytes after;  // the packet as the program left it
};

// What the kernel knows of a packet beside its octets.
struct PacketContext {
    uint32_t ifindex = 0;  // 0: the namespace's loopback, which has index 1
    uint32_t gso_segments = 0, gso_size = 0;
};

// Whether newer kernels refuse to run a TC program with it (EINVAL): its EtherType says IP, but it ends
// before that header does. XDP programs, and TC programs with a VLAN tag in front, are given such packets all
// the same.
bool may_be_refused(HookPoint hook, const Bytes& packet);

Verdict run_program(int program, HookPoint hook, const Bytes& packet, const PacketContext& context = {});

// One variant as if loaded just now. Not thread-safe, like its source. Fails the test case where something
// can't be done.
class Kernel {
  public:
    explicit Kernel(Variant variant, const Config& config = {});

    // Runs the packet through the hook's program; nothing happens where it may_be_refused and is.
    void see(HookPoint hook, const Bytes& packet, const PacketContext& context = {});
    // Takes over the addresses as the host's own, as at the start.
    void own(const std::vector<dns_address>& addresses);

    // Hands waiting events on; a sweep that is due runs too.
    void drain();
    void sweep();
    // Drains, reads, and checks that every ledger balances.
    RawSnapshot read();
    Counters counters() { return counters_of(read()); }

    // The statistics alone, summed over the CPUs: quick enough for each of many packets.
    dns_stats stats();

    // Every event since the last call.
    std::vector<dns_event> take_events();
    [[nodiscard]] uint64_t delivered() const { return delivered_; }

    KernelSource& source() { return *source_; }

  private:
    void keep(const dns_event& event);

    std::unique_ptr<KernelSource> source_;
    std::vector<dns_event> events_;
    uint64_t delivered_ = 0;
};

// An address as the programs hold it.
dns_address address_of(const Address4& address);
dns_address address_of(const Address6& address);

}  // namespace dnsexp::test

// Failed checks show the counters by name.
template <>
struct Catch::StringMaker<dnsexp::test::Counters> {
    static std::string convert(const dnsexp::test::Counters& counters) {
        std::string text;
        for (const auto& [name, value] : counters) text += "\n  " + name + ": " + std::to_string(value);
        return text.empty() ? "none" : text;
    }
};
