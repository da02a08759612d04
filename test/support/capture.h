// Packet captures (pcap and pcapng) by libpcap.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "exporter/base/result.h"

namespace dnsexp::test {

struct CapturedPacket {
    uint64_t number;                  // in the capture, from 1
    uint64_t time_ns;                 // since the Unix epoch
    uint32_t length;                  // on the wire; the capture may hold fewer octets
    std::span<const uint8_t> octets;  // valid during the call only
    bool ethernet;                    // begins with an Ethernet header, else with its IP header
};

// Hands every packet to the sink, in the order of the file. On links other than Ethernet (link_header.h)
// those of IP only, without their link header. An error where the file can't be read to its end or its link
// type is not known; what was read before has been handed on.
Status read_capture(const std::string& path, const std::function<void(const CapturedPacket&)>& sink);

}  // namespace dnsexp::test
