// A second reading of encapsulations (RFC 2784 and 2890, 2003, 2473, 4213, 2516, 7348, 8926), slow and plain:
// from an outer packet that is not on port 53 to the one inside. To hold dns_tunnel.h against.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>

#include "ebpf/dns_abi.h"

namespace dnsexp::test {

struct NaiveInner {
    bool ethernet;  // else it begins with an IP header
    size_t start;
};

class NaiveTunnel {
  public:
    // `selected`: bits of enum dns_tunnel.
    NaiveTunnel(std::span<const uint8_t> octets, uint32_t selected) : octets_(octets), selected_(selected) {}

    std::optional<NaiveInner> in_ethernet() {
        size_t at = 12;
        for (int tags = 0; tags < 3 && is_tag(number(at)); ++tags) at += 4;
        switch (number(at)) {
            case 0x0800:
                return in_ipv4(at + 2);
            case 0x86dd:
                return in_ipv6(at + 2);
            case 0x8864:
                return in_pppoe(at + 2);
            default:
                return std::nullopt;
        }
    }

    std::optional<NaiveInner> in_ip() {
        if (octet(0) / 16 == 4) return in_ipv4(0);
        if (octet(0) / 16 == 6) return in_ipv6(0);
        return std::nullopt;
    }

  private:
    static constexpr size_t missing = ~size_t{0};

    // Numbers behind the end are none that any field can have.
    [[nodiscard]] size_t octet(size_t at) const { return at < octets_.size() ? octets_[at] : missing; }
    [[nodiscard]] size_t number(size_t at) const {
        return at + 2 <= octets_.size() ? octets_[at] * size_t{256} + octets_[at + 1] : missing;
    }
    [[nodiscard]] bool has(size_t octets) const { return octets <= octets_.size(); }
    static bool is_tag(size_t type) { return type == 0x8100 || type == 0x88a8 || type == 0x9100; }

    // What an EtherType says is inside.
    static std::optional<NaiveInner> holds(size_t ethertype, size_t start) {
        if (ethertype == 0x6558) return NaiveInner{true, start};
        if (ethertype == 0x0800 || ethertype == 0x86dd) return NaiveInner{false, start};
        return std::nullopt;
    }

    std::optional<NaiveInner> in_ipv4(size_t ip) {
        if (!has(ip + 20) || octet(ip) / 16 != 4 || octet(ip) % 16 < 5) return std::nullopt;
        if (number(ip + 6) % 8192 != 0) return std::nullopt;  // a later fragment
        return in_protocol(octet(ip + 9), ip + octet(ip) % 16 * 4);
    }

    std::optional<NaiveInner> in_ipv6(size_t ip) {
        static const std::set<size_t> followed = {0, 43, 44, 51, 60, 135};
        if (!has(ip + 40) || octet(ip) / 16 != 6) return std::nullopt;
        size_t next = octet(ip + 6), at = ip + 40;
        for (int extensions = 0; followed.contains(next); ++extensions) {
            if (extensions == 8 || !has(at + 8)) return std::nullopt;
            const size_t length = octet(at + 1);
            if (next == 44 && number(at + 2) / 8 != 0) return std::nullopt;
            const size_t octets = next == 44 ? 8 : next == 51 ? (length + 2) * 4 : (length + 1) * 8;
            next = octet(at);
            at += octets;
            if (at > 1280) return std::nullopt;
        }
        return in_protocol(next, at);
    }

    std::optional<NaiveInner> in_protocol(size_t protocol, size_t at) {
        if (protocol == 47) return in_gre(at);
        if (protocol == 17) return in_udp(at);
        if (!(selected_ & DNS_TUNNEL_IPIP)) return std::nullopt;
        if (protocol == 4 || protocol == 41) return NaiveInner{false, at};
        return std::nullopt;
    }

    std::optional<NaiveInner> in_pppoe(size_t at) {
        if (!(selected_ & DNS_TUNNEL_PPPOE) || !has(at + 8)) return std::nullopt;
        if (octet(at) != 0x11 || octet(at + 1) != 0) return std::nullopt;  // version, type; code
        if (number(at + 6) != 0x0021 && number(at + 6) != 0x0057) return std::nullopt;
        return NaiveInner{false, at + 8};
    }

    std::optional<NaiveInner> in_gre(size_t at) {
        if (!(selected_ & DNS_TUNNEL_GRE) || !has(at + 4)) return std::nullopt;
        const size_t first = octet(at), version = octet(at + 1) % 8;
        const bool checksum = first / 128 % 2 == 1, routing = first / 64 % 2 == 1;
        const bool key = first / 32 % 2 == 1, sequence = first / 16 % 2 == 1;
        const bool reserved = first / 4 % 4 != 0;  // RFC 2784, 2.3: bits 4 and 5, to be discarded
        if (routing || reserved || version != 0) return std::nullopt;
        return holds(number(at + 2), at + 4 + (checksum + key + sequence) * size_t{4});
    }

    std::optional<NaiveInner> in_udp(size_t at) {
        const size_t port = number(at + 2), inner = at + 8;
        if (!has(inner + 8)) return std::nullopt;
        if (selected_ & DNS_TUNNEL_VXLAN && (port == 4789 || port == 8472)) {
            if (octet(inner) / 8 % 2 != 1) return std::nullopt;  // flag I: there is a network identifier
            return NaiveInner{true, inner + 8};
        }
        if (selected_ & DNS_TUNNEL_GENEVE && port == 6081) {
            const size_t version = octet(inner) / 64, options = octet(inner) % 64 * 4;
            const bool control = octet(inner + 1) >= 128;
            if (version != 0 || control) return std::nullopt;
            return holds(number(inner + 2), inner + 8 + options);
        }
        return std::nullopt;
    }

    std::span<const uint8_t> octets_;
    uint32_t selected_;
};

}  // namespace dnsexp::test
