// Octets of a packet, by each link type, and on to its message. A packet that is dismissed unread has nothing
// to count.
#include "test/fuzz/parse.h"

using namespace dnsexp::test;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) return 0;
    const Input input = read_input(data, size);
    const dns_packet packet{input.octets.data(), input.octets.data() + input.octets.size()};
    for (const uint32_t link : {uint32_t{DNS_LINK_IP}, uint32_t{DNS_LINK_ETHERNET}}) {
        const auto [reason, frame] = parse_frame(input.octets, input.packet_length, link);
        const bool counts = reason < DNS_REASONS && reason != DNS_TRUNCATED_PACKET;
        if (counts && dismissed(packet, link)) __builtin_trap();
        if (reason != DNS_OK) continue;
        dns_address source, destination;
        if (!dns_frame_addresses(packet, &frame, &source, &destination)) __builtin_trap();
        parse_message(payload_of(input.octets, frame), frame.length);
    }
    return 0;
}
