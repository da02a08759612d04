#include "test/support/capture.h"

#include <pcap/pcap.h>

#include <memory>

namespace dnsexp::test {
namespace {

constexpr uint64_t ns_per_second = 1'000'000'000;

struct Closer {
    void operator()(pcap_t* capture) const { pcap_close(capture); }
};

bool is_raw_ip(int link_type) {
    return link_type == DLT_RAW || link_type == DLT_IPV4 || link_type == DLT_IPV6;
}

}  // namespace

Status read_capture(const std::string& path, const std::function<void(const CapturedPacket&)>& sink) {
    char text[PCAP_ERRBUF_SIZE] = "";
    const std::unique_ptr<pcap_t, Closer> capture(
        pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, text));
    if (!capture) return Error{"open capture", path, 0, text, ""};
    const int link_type = pcap_datalink(capture.get());
    if (link_type != DLT_EN10MB && !is_raw_ip(link_type))
        return Error{"read capture", path, 0, "link type " + std::to_string(link_type),
                     "only Ethernet and raw IP are read"};
    pcap_pkthdr* header = nullptr;
    const u_char* octets = nullptr;
    uint64_t number = 0;
    int result;
    while ((result = pcap_next_ex(capture.get(), &header, &octets)) == 1)
        sink({++number,
              static_cast<uint64_t>(header->ts.tv_sec) * ns_per_second +
                  static_cast<uint64_t>(header->ts.tv_usec),  // nanoseconds at this precision
              header->len,
              {octets, header->caplen},
              link_type == DLT_EN10MB});
    if (result == PCAP_ERROR) return Error{"read capture", path, 0, pcap_geterr(capture.get()), ""};
    return ok();
}

}  // namespace dnsexp::test
