#include "test/kernel/kernel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstring>

#include "ebpf/dns_frame.h"
#include "test/support/program_pool.h"

namespace dnsexp::test {
namespace {

constexpr size_t slack = 64;  // room behind the packet, to see it grow

struct Programs {
    bpf_program *current, *old;
};

Programs programs_of(const LoadedPrograms& programs, HookPoint hook) {
    const auto& p = programs.skeleton->progs;
    switch (hook) {
        case HookPoint::tc_in:
            return {p.dns_tc_in, p.dns_tc_in_old};
        case HookPoint::tc_out:
            return {p.dns_tc_out, p.dns_tc_out_old};
        case HookPoint::tc_lo:
            return {p.dns_tc_lo, p.dns_tc_lo_old};
        case HookPoint::tc_in_ip:
            return {p.dns_tc_in_ip, p.dns_tc_in_ip_ol};
        case HookPoint::tc_out_ip:
            return {p.dns_tc_out_ip, p.dns_tc_out_ip_o};
        default:
            return {p.dns_xdp_in, p.dns_xdp_in_old};
    }
}

}  // namespace

std::string hook_name(HookPoint hook) {
    constexpr const char* names[] = {"tc_in", "tc_out", "tc_lo", "tc_in_ip", "tc_out_ip", "xdp_in"};
    return names[static_cast<size_t>(hook)];
}

int program_of(const LoadedPrograms& programs, HookPoint hook) {
    const Programs both = programs_of(programs, hook);
    return bpf_program__fd(programs.variant == Variant::current ? both.current : both.old);
}

bool may_be_refused(HookPoint hook, const Bytes& packet) {
    if (hook == HookPoint::xdp_in) return false;
    const uint32_t type = static_cast<uint32_t>(packet[12] << 8 | packet[13]);
    return (type == DNS_ETHERTYPE_IPV4 && packet.size() < DNS_ETHERNET_LENGTH + DNS_IPV4_LENGTH) ||
           (type == DNS_ETHERTYPE_IPV6 && packet.size() < DNS_ETHERNET_LENGTH + DNS_IPV6_LENGTH);
}

Verdict run_program(int program, HookPoint hook, const Bytes& packet, const PacketContext& context) {
    Verdict verdict{0, 0, Bytes(packet.size() + slack, 0xa5)};
    __sk_buff skb{};
    skb.ifindex = context.ifindex;
    skb.gso_segs = context.gso_segments;
    skb.gso_size = context.gso_size;
    xdp_md xdp{};
    xdp.ingress_ifindex = context.ifindex;
    xdp.data_end = static_cast<__u32>(packet.size());
    const bool with_context = context.ifindex != 0 || context.gso_size != 0;
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet.data(), .data_out = verdict.after.data(),
                .data_size_in = static_cast<__u32>(packet.size()),
                .data_size_out = static_cast<__u32>(verdict.after.size()), .repeat = 1);
    if (with_context) {
        options.ctx_in = hook == HookPoint::xdp_in ? static_cast<void*>(&xdp) : &skb;
        options.ctx_size_in = hook == HookPoint::xdp_in ? sizeof xdp : sizeof skb;
    }
    verdict.error = bpf_prog_test_run_opts(program, &options) != 0 ? errno : 0;
    verdict.value = options.retval;
    verdict.after.resize(std::min<size_t>(options.data_size_out, verdict.after.size()));
    return verdict;
}

Kernel::Kernel(Variant variant, const Config& config) {
    static ProgramPool pool;
    auto programs = pool.take(config, variant);
    if (!programs) FAIL(programs.error().message());
    auto source = KernelSource::over(std::move(programs).value(), config.capture);
    if (!source) FAIL(source.error().message());
    source_ = std::move(source).value();
}

void Kernel::see(HookPoint hook, const Bytes& packet, const PacketContext& context) {
    const Verdict verdict = run_program(program_of(source_->programs(), hook), hook, packet, context);
    if (verdict.error == EINVAL && may_be_refused(hook, packet)) return;
    if (verdict.error != 0)
        FAIL("run " << hook_name(hook) << " with " << packet.size()
                    << " octets: " << std::strerror(verdict.error));
}

void Kernel::own(const std::vector<dns_address>& addresses) {
    NetworkState state;
    state.own_addresses = addresses;
    REQUIRE(source_->sync_interfaces(state, {}, false));
}

void Kernel::keep(const dns_event& event) {
    delivered_ += event.lane == DNS_EVENT_WIRE;  // those of sockets are on no ledger of transactions
    dns_event copy{};
    std::memcpy(&copy, &event, DNS_EVENT_FIXED + event.message_length);
    events_.push_back(copy);
}

void Kernel::drain() {
    const auto drained = source_->drain([this](const dns_event& event) { keep(event); });
    if (!drained) FAIL(drained.error().message());
}

void Kernel::sweep() {
    const auto swept = source_->sweep([this](const dns_event& event) { keep(event); });
    if (!swept) FAIL(swept.error().message());
}

RawSnapshot Kernel::read() {
    drain();
    auto snapshot = source_->read();
    if (!snapshot) FAIL(snapshot.error().message());
    for (const std::string& fault : ledger_faults(*snapshot, delivered_)) FAIL_CHECK(fault);
    return std::move(snapshot).value();
}

dns_stats Kernel::stats() {
    RawSnapshot snapshot;
    snapshot.stats.resize(static_cast<size_t>(libbpf_num_possible_cpus()));
    const uint32_t zero = 0;
    const int map = bpf_map__fd(source_->programs().skeleton->maps.stats);
    if (bpf_map_lookup_elem(map, &zero, snapshot.stats.data()) != 0)
        FAIL("read stats: " << std::strerror(errno));
    return ledger_sums(snapshot).stats;
}

std::vector<dns_event> Kernel::take_events() {
    drain();
    return std::exchange(events_, {});
}

dns_address address_of(const Address6& address) {
    dns_address result{};
    std::memcpy(&result.high, address.data(), 8);
    std::memcpy(&result.low, address.data() + 8, 8);
    return result;
}

// ::ffff:a.b.c.d (RFC 4291, 2.5.5.2)
dns_address address_of(const Address4& address) {
    Address6 mapped{};
    mapped[10] = mapped[11] = 0xff;
    std::copy(address.begin(), address.end(), mapped.begin() + 12);
    return address_of(mapped);
}

}  // namespace dnsexp::test
