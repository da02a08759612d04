// Octets of a packet, by each link type, into what tunnels are selected, and on to its message or to what it
// quotes. A packet that is dismissed unread has nothing to count.
#include "ebpf/dns_unreachable.h"
#include "test/fuzz/parse.h"

using namespace dnsexp::test;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) return 0;
    const Input input = read_input(data, size);
    const dns_packet packet{input.octets.data(), input.octets.data() + input.octets.size()};
    for (const uint32_t link : {uint32_t{DNS_LINK_IP}, uint32_t{DNS_LINK_ETHERNET}}) {
        auto [reason, frame] = parse_frame(input.octets, input.packet_length, link, input.tunnels);
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
