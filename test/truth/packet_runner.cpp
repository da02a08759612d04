#include "test/truth/packet_runner.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cerrno>

#include "ebpf/dns_frame.h"

namespace dnsexp::test {
namespace {

bpf_program* ethernet_program(const LoadedPrograms& programs, bool xdp) {
    const auto& p = programs.skeleton->progs;
    if (programs.variant == Variant::current) return xdp ? p.dns_xdp_in : p.dns_tc_in;
    return xdp ? p.dns_xdp_in_old : p.dns_tc_in_old;
}

bpf_program* ip_program(const LoadedPrograms& programs) {
    const auto& p = programs.skeleton->progs;
    return programs.variant == Variant::current ? p.dns_tc_in_ip : p.dns_tc_in_ip_ol;
}

// Addresses of zeros, and the EtherType that the IP version asks for.
std::vector<uint8_t> with_ethernet(std::span<const uint8_t> packet) {
    constexpr size_t addresses = 12;
    const uint32_t type = !packet.empty() && packet[0] >> 4 == 6 ? DNS_ETHERTYPE_IPV6 : DNS_ETHERTYPE_IPV4;
    std::vector<uint8_t> whole(addresses, 0);
    whole.push_back(static_cast<uint8_t>(type >> 8));
    whole.push_back(static_cast<uint8_t>(type & 0xff));
    whole.insert(whole.end(), packet.begin(), packet.end());
    return whole;
}

}  // namespace

PacketRunner::PacketRunner(const LoadedPrograms& programs, bool xdp)
    : ethernet_program_(bpf_program__fd(ethernet_program(programs, xdp))),
      ip_program_(bpf_program__fd(ip_program(programs))),
      xdp_(xdp) {}

Result<bool> PacketRunner::run(const CapturedPacket& packet) {
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet.octets.data(),
                .data_size_in = static_cast<__u32>(packet.octets.size()), .repeat = 1);
    const int program = packet.ethernet ? ethernet_program_ : ip_program_;
    if (bpf_prog_test_run_opts(program, &options) == 0) return true;
    if (errno != EINVAL && errno != EMSGSIZE)  // a page is too short: EMSGSIZE of XDP before Linux 5.18
        return Error{"run program", "packet " + std::to_string(packet.number), errno, "", ""};
    if (packet.ethernet && packet.octets.size() < DNS_ETHERNET_LENGTH) return false;
    if (auto status = send(packet); !status) return status.error();
    return true;
}

Status PacketRunner::send(const CapturedPacket& packet) {
    if (!wire_) {
        auto wire = WirePair::make(ethernet_program_, xdp_);
        if (!wire) return wire.error();
        wire_ = std::move(wire).value();
    }
    if (packet.ethernet) return wire_->send(packet.octets);
    return wire_->send(with_ethernet(packet.octets));
}

}  // namespace dnsexp::test
