// Octets of a packet, by each link type, into what tunnels are selected, and on to its message or to what it
// quotes. A packet that is dismissed unread has nothing to count.
#include "ebpf/dns_unreachable.h"

#include <cstring>

#include "test/fuzz/parse.h"
#include "test/fuzz/same.h"

using namespace dnsexp::test;

namespace {

// A datagram that is read at one go is what it is step by step.
void check_plain(dns_packet packet, uint32_t reason, const dns_frame& frame, uint32_t tunnels) {
    dns_frame plain{};
    dns_address source, destination, same_source, same_destination;
    if (dns_frame_plain(packet, &fuzz_settings(tunnels), &plain, &source, &destination) != DNS_OK) return;
    same("plain datagram", reason, uint32_t{DNS_OK});
    same("plain ip", plain.ip, frame.ip);
    same("plain transport", plain.transport, frame.transport);
    same("plain protocol", plain.protocol, frame.protocol);
    same("plain source port", plain.source_port, frame.source_port);
    same("plain destination port", plain.destination_port, frame.destination_port);
    same("plain payload", plain.payload, frame.payload);
    same("plain length", plain.length, frame.length);
    same("plain fragment", plain.more_fragments, frame.more_fragments);
    same("plain addresses", dns_frame_addresses(packet, &frame, &same_source, &same_destination), 1);
    same("plain source", std::memcmp(&source, &same_source, sizeof source), 0);
    same("plain destination", std::memcmp(&destination, &same_destination, sizeof destination), 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) return 0;
    const Input input = read_input(data, size);
    const dns_packet packet{input.octets.data(), input.octets.data() + input.octets.size()};
    for (const uint32_t link : {uint32_t{DNS_LINK_IP}, uint32_t{DNS_LINK_ETHERNET}}) {
        auto [reason, frame] = parse_frame(input.octets, input.packet_length, link, input.tunnels);
        if (link == DNS_LINK_IP) check_plain(packet, reason, frame, input.tunnels);
        if (reason == DNS_FRAME_ICMP)
            reason = dns_unreachable_parse(packet, &fuzz_settings(input.tunnels), &frame);
        const bool counts = reason != DNS_FRAME_OTHER && reason != DNS_TRUNCATED_PACKET;
        if (counts && dismissed(packet, link, input.tunnels)) __builtin_trap();
        if (reason != DNS_OK && reason != DNS_FRAME_SYN && reason != DNS_FRAME_UNREACHABLE) continue;
        dns_address source, destination;
        if (!dns_frame_addresses(packet, &frame, &source, &destination) && reason != DNS_FRAME_UNREACHABLE)
            __builtin_trap();
        if (reason == DNS_OK) parse_message(payload_of(input.octets, frame), frame.length);
    }
    return 0;
}
