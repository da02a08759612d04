// The promise of passivity: whatever the packet, the verdict lets it pass and no octet of it is changed.
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstring>
#include <random>

#include "test/kernel/corpus.h"
#include "test/kernel/kernel.h"

using namespace dnsexp;
using namespace dnsexp::test;

namespace {

constexpr uint64_t seed = 20261123;

// Sees packets with every hook of a variant. Catch's own checks would take longer than the runs.
class Watcher {
  public:
    explicit Watcher(Variant variant) : kernel_(variant) {}

    void see(const std::string& name, const Bytes& packet) {
        for (const HookPoint hook : all_hooks) see(hook, name, packet);
    }
    void see(HookPoint hook, const std::string& name, const Bytes& packet) {
        const Verdict verdict = run_program(program_of(kernel_.source().programs(), hook), hook, packet);
        if (verdict.error == EINVAL && may_be_refused(hook, packet)) return;
        const uint32_t pass =
            hook == HookPoint::xdp_in ? uint32_t{XDP_PASS} : static_cast<uint32_t>(TC_ACT_UNSPEC);
        const char* fault = verdict.error != 0        ? std::strerror(verdict.error)
                            : verdict.value != pass   ? "another verdict"
                            : verdict.after != packet ? "the packet has changed"
                                                      : nullptr;
        if (fault) FAIL(hook_name(hook) << ", " << name << ", " << packet.size() << " octets: " << fault);
        ++runs;
    }
    // Hostile packets are counted like others: the ledgers balance.
    void check_ledgers() { kernel_.read(); }

    uint64_t runs = 0;

  private:
    Kernel kernel_;
};

}  // namespace

TEST_CASE("Every hook lets every packet pass as it is, however much of it is cut off", "[passive]") {
    Watcher watcher(GENERATE(from_range(variants())));
    for (const NamedPacket& packet : shaped_packets()) {
        // All lengths of what is parsed, then in steps: the rest is payload that nothing reads.
        for (size_t length = kLeastPacket; length <= packet.octets.size(); length += length < 400 ? 1 : 97)
            watcher.see(packet.name,
                        Bytes(packet.octets.begin(), packet.octets.begin() + static_cast<long>(length)));
        watcher.see(packet.name, packet.octets);
    }
    CHECK(watcher.runs > 50'000);
    watcher.check_ledgers();
}

TEST_CASE("Every hook lets mutated packets pass as they are", "[passive]") {
    Watcher watcher(GENERATE(from_range(variants())));
    std::vector<NamedPacket> packets = shaped_packets();
    for (NamedPacket& packet : stored_packets()) packets.push_back(std::move(packet));
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    for (int i = 0; i < 60'000; ++i) {
        const NamedPacket& packet = packets[random() % packets.size()];
        watcher.see("mutated " + packet.name, mutate(packet.octets, random));
    }
    watcher.check_ledgers();
}

TEST_CASE("Every hook lets random octets pass as they are", "[passive]") {
    Watcher watcher(GENERATE(from_range(variants())));
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    const Bytes head = Packet().ethernet().ipv4().udp().build();
    for (int i = 0; i < 30'000; ++i) {
        Bytes octets(kLeastPacket + random() % 600);
        for (uint8_t& octet : octets) octet = static_cast<uint8_t>(random());
        // Half of them get as far as the DNS port.
        if (i % 2 == 0) std::copy_n(head.begin(), std::min(head.size(), octets.size()), octets.begin());
        watcher.see("random", octets);
    }
    watcher.check_ledgers();
}

TEST_CASE("Every hook lets the longest packets pass as they are", "[passive]") {
    const Variant variant = GENERATE(from_range(variants()));
    Watcher watcher(variant);
    const Bytes message = Dns().id(7).question(name_of(255), 1).build();
    for (const size_t length : {1500U, 2000U, 3000U, static_cast<unsigned>(kMostLinear)}) {
        Bytes octets = Packet().ethernet().ipv4().udp().payload(message).build();
        octets.resize(length, 0xab);
        watcher.see("long", octets);
        watcher.see("long zeros", Bytes(length));
    }
    if (variant != Variant::current) return;  // the old XDP program is never given a packet in several pieces
    for (const size_t length : {4000U, 4096U, 4097U, 9000U, 32'768U, 65'000U}) {
        Bytes octets = Packet().ethernet().ipv6().tcp().payload(message).build();
        octets.resize(length, 0xab);
        watcher.see(HookPoint::xdp_in, "in pieces", octets);
    }
}
