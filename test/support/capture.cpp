#include "test/support/capture.h"

#include <pcap/pcap.h>

#include <memory>

#include "test/support/link_header.h"

namespace dnsexp::test {
namespace {

constexpr uint64_t ns_per_second = 1'000'000'000;

struct Closer {
    void operator()(pcap_t* capture) const { pcap_close(capture); }
};

// The classic format has 32 bits without a sign for the seconds (draft-ietf-opsawg-pcap); libpcap gives them
// one.
uint64_t time_of(const pcap_pkthdr& header) {
    const int64_t seconds =
        header.ts.tv_sec < 0 ? header.ts.tv_sec + (int64_t{1} << 32) : int64_t{header.ts.tv_sec};
    return static_cast<uint64_t>(seconds) * ns_per_second +
           static_cast<uint64_t>(header.ts.tv_usec);  // nanoseconds at the precision that is asked for
}

void hand_on(int link_type, uint64_t number, const pcap_pkthdr& header, const u_char* octets,
             const std::function<void(const CapturedPacket&)>& sink) {
    const std::span<const uint8_t> packet(octets, header.caplen);
    if (link_type == DLT_EN10MB) {
        sink({number, time_of(header), header.len, packet, true});
        return;
    }
    const auto offset = ip_offset(link_type, packet);
    if (!offset) return;
    sink({number, time_of(header), header.len - static_cast<uint32_t>(*offset), packet.subspan(*offset),
          false});
}

}  // namespace

Status read_capture(const std::string& path, const std::function<void(const CapturedPacket&)>& sink) {
    char text[PCAP_ERRBUF_SIZE] = "";
    const std::unique_ptr<pcap_t, Closer> capture(
        pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, text));
    if (!capture) return Error{"open capture", path, 0, text, ""};
    const int link_type = pcap_datalink(capture.get());
    if (!is_known_link(link_type))
        return Error{"read capture", path, 0, "link type " + std::to_string(link_type),
                     "test/support/link_header.h lists those that are read"};
    pcap_pkthdr* header = nullptr;
    const u_char* octets = nullptr;
    uint64_t number = 0;
    int result;
    while ((result = pcap_next_ex(capture.get(), &header, &octets)) == 1)
        hand_on(link_type, ++number, *header, octets, sink);
    if (result == PCAP_ERROR) return Error{"read capture", path, 0, pcap_geterr(capture.get()), ""};
    return ok();
}

}  // namespace dnsexp::test
