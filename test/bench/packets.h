// The packets that the programs are run with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "test/support/packet_builder.h"

namespace dnsexp::bench {

// An Ethernet frame. DNS ones know where their id and the client's port are.
struct Frame {
    test::Bytes octets;
    size_t id_at = 0;           // 0: not DNS
    size_t client_port_at = 0;  // 0: not DNS
    size_t sequence_at = 0;     // 0: not TCP
    uint32_t payload = 0;       // octets of a TCP segment's payload
};

// A packet that is not DNS: what an exporter's neighbours pay for.
struct OtherPacket {
    std::string name;
    Frame frame;
};

// A query and the response that answers it.
struct Exchange {
    std::string name;
    Frame query, response;
};

std::vector<OtherPacket> other_packets();
std::vector<Exchange> exchanges();

// Makes it the frame of the nth transaction: another (id, client port) for each n below 2^31, over TCP with
// what was sent before on that port behind it.
void set_transaction(Frame& frame, uint32_t n);

}  // namespace dnsexp::bench
