// Packets for the tests that take many: all shapes that the headers tell apart, and what can be made of them.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "test/support/packet_builder.h"

namespace dnsexp::test {

struct NamedPacket {
    std::string name;
    Bytes octets;
    bool ethernet = true;  // begins with an Ethernet header, else with its IP header
};

// A wire name of exactly so many octets, root included: the longest is 255 (RFC 1035, 2.3.4).
Bytes name_of(size_t octets);

// At least one of every link, network and transport header and of every kind of message, good and bad.
std::vector<NamedPacket> shaped_packets();

// The packets of the golden captures and, where there is a fuzz corpus, its files: as they are, and as the
// payload of UDP and TCP. Only what BPF_PROG_TEST_RUN takes.
std::vector<NamedPacket> stored_packets();

// One packet with some octets changed, put in, taken out or cut off.
Bytes mutate(Bytes packet, std::mt19937_64& random);

}  // namespace dnsexp::test
