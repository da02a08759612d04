// Octets of a packet, by each link type and with and without extension headers, and on to its message.
#include "test/fuzz/parse.h"

using namespace dnsexp::test;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) return 0;
    const Input input = read_input(data, size);
    for (const uint32_t link : {0U, uint32_t{DNS_FRAME_ETHERNET}}) {
        for (const uint32_t follow : {0U, uint32_t{DNS_FRAME_FOLLOW}}) {
            const auto [reason, frame] = parse_frame(input.octets, input.packet_length, link | follow);
            if (reason != DNS_OK) continue;
            dns_address source, destination;
            const dns_packet packet{input.octets.data(), input.octets.data() + input.octets.size()};
            if (!dns_frame_addresses(packet, link | follow, &frame, &source, &destination)) __builtin_trap();
            parse_message(payload_of(input.octets, frame), frame.length);
        }
    }
    return 0;
}
