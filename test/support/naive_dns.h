// A second reading of RFC 791, 768, 9293, 8200 and 1035, slow and plain, to hold the dual headers against. It
// shares nothing with them but the numbers of enum dns_reason. Octets are reached through at(), which says no
// past the end.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "ebpf/dns_abi.h"

namespace dnsexp::test {

struct NaiveFrame {
    bool counted = false;  // on port 53, or not to be told
    uint32_t reason = DNS_OK;
    std::string protocol = "unknown";
    size_t payload = 0, length = 0;
    bool more_fragments = false;
    size_t fragment_at = 0, fragment_id = 0;  // of a fragment after the first
    uint32_t source_port = 0, destination_port = 0;
    size_t sequence = 0;              // of the first octet of a TCP segment's payload
    bool syn = false;                 // not counted, but it begins a connection on port 53
    std::string source, destination;  // 4 or 16 octets
};

class NaiveFrameParser {
  public:
    // `packet_length` octets were on the wire, of which `octets` are here.
    NaiveFrameParser(std::span<const uint8_t> octets, size_t packet_length)
        : octets_(octets), packet_length_(packet_length) {}

    // Both read what begins at `start`.
    NaiveFrame ethernet(size_t start = 0) {
        if (!has(start + 14)) return other();
        size_t type_at = start + 12;
        for (int tags = 0; is_tag(number(type_at, 2)) && tags < 3; ++tags) {
            if (!has(type_at + 6)) return other();
            type_at += 4;
        }
        const size_t ip = type_at + 2;
        if (number(type_at, 2) == 0x0800) return ipv4(ip);
        if (number(type_at, 2) == 0x86dd) return ipv6(ip);
        return other();
    }

    NaiveFrame raw(size_t start = 0) {
        if (!has(start + 1)) return other();
        if (octets_[start] / 16 == 4) return ipv4(start);
        if (octets_[start] / 16 == 6) return ipv6(start);
        return other();
    }

  private:
    static constexpr size_t unknown_length = 0;

    static bool is_tag(size_t type) { return type == 0x8100 || type == 0x88a8 || type == 0x9100; }
    static NaiveFrame other() { return {}; }
    NaiveFrame failed(uint32_t reason) {
        frame_.counted = true;
        frame_.reason = reason;
        return frame_;
    }
    [[nodiscard]] bool has(size_t octets) const { return octets <= octets_.size(); }
    [[nodiscard]] size_t number(size_t at, size_t octets) const {
        size_t value = 0;
        for (size_t i = 0; i < octets; ++i) value = value * 256 + octets_[at + i];
        return value;
    }
    [[nodiscard]] std::string text(size_t at, size_t octets) const {
        return {octets_.begin() + static_cast<ptrdiff_t>(at),
                octets_.begin() + static_cast<ptrdiff_t>(at + octets)};
    }

    NaiveFrame ipv4(size_t ip) {
        if (!has(ip + 20)) return failed(DNS_TRUNCATED_PACKET);
        const uint8_t protocol = octets_[ip + 9];
        if (protocol != 17 && protocol != 6) return other();
        const size_t header = octets_[ip] % 16 * 4U, total = number(ip + 2, 2);
        if (octets_[ip] / 16 != 4 || header < 20) return failed(DNS_BAD_IP_HEADER);
        const size_t flags_and_offset = number(ip + 6, 2);
        frame_.more_fragments = flags_and_offset / 8192 % 2 == 1;
        if (flags_and_offset % 8192 != 0) {
            const size_t length = total > header ? total - header : 0;
            return fragment(flags_and_offset % 8192 * 8, number(ip + 4, 2), ip + header, length);
        }
        if (total != 0 && total <= header) return failed(DNS_BAD_IP_HEADER);
        frame_.source = text(ip + 12, 4);
        frame_.destination = text(ip + 16, 4);
        return transport(protocol, ip + header, total == 0 ? unknown_length : total - header);
    }

    NaiveFrame ipv6(size_t ip) {
        static const std::set<uint8_t> followed = {0, 43, 44, 51, 60, 135};
        if (!has(ip + 40)) return failed(DNS_TRUNCATED_PACKET);
        if (octets_[ip] / 16 != 6) return failed(DNS_BAD_IP_HEADER);
        frame_.source = text(ip + 8, 16);
        frame_.destination = text(ip + 24, 16);
        const size_t told = number(ip + 4, 2);
        uint8_t next = octets_[ip + 6];
        size_t at = ip + 40, extensions = 0;
        for (; followed.contains(next); ++extensions) {
            if (!has(at + 8)) return failed(DNS_TRUNCATED_PACKET);
            size_t length = (octets_[at + 1] + 1U) * 8;
            if (next == 51) length = (octets_[at + 1] + 2U) * 4;
            if (next == 44) {
                length = 8;
                frame_.more_fragments = octets_[at + 3] % 2 == 1;
                const size_t used = at + 8 - (ip + 40);
                if (number(at + 2, 2) / 8 != 0)
                    return fragment(number(at + 2, 2) / 8 * 8, number(at + 4, 4), at + 8,
                                    told > used ? told - used : 0);
            }
            next = octets_[at];
            at += length;
            if (at > 1280) return failed(DNS_EXTENSION_HEADERS);
            if (extensions == 8) return failed(DNS_EXTENSION_HEADERS);  // this was the ninth
        }
        if (next != 17 && next != 6) return other();
        const size_t used = at - (ip + 40);
        if (extensions != 0 && told != 0 && used >= told) return failed(DNS_BAD_IP_HEADER);
        return transport(next, at, told == 0 ? unknown_length : told - used);
    }

    // The payload of a fragment after the first.
    NaiveFrame fragment(size_t offset, size_t id, size_t payload, size_t length) {
        frame_.fragment_at = offset;
        frame_.fragment_id = id;
        frame_.payload = payload;
        frame_.length = length;
        return failed(DNS_FRAGMENT);
    }

    NaiveFrame transport(uint8_t protocol, size_t at, size_t length) {
        const size_t header = protocol == 17 ? 8 : 20;
        if (!has(at + header)) return failed(DNS_TRUNCATED_PACKET);
        frame_.source_port = static_cast<uint32_t>(number(at, 2));
        frame_.destination_port = static_cast<uint32_t>(number(at + 2, 2));
        if (frame_.source_port != 53 && frame_.destination_port != 53) return other();
        frame_.protocol = protocol == 17 ? "udp" : "tcp";
        return protocol == 17 ? udp(at, length) : tcp(at, length);
    }

    NaiveFrame udp(size_t at, size_t length) {
        const size_t told = number(at + 4, 2);
        if (told < 8 || (told > length && !frame_.more_fragments)) return failed(DNS_BAD_UDP_LENGTH);
        return done(at + 8, told - 8);
    }

    NaiveFrame tcp(size_t at, size_t length) {
        if (length == unknown_length) length = packet_length_ - at;
        const size_t header = octets_[at + 12] / 16 * 4U;
        if (header < 20 || header > length) return failed(DNS_TRUNCATED_PACKET);
        const bool syn = octets_[at + 13] / 2 % 2 == 1;
        frame_.sequence = (number(at + 4, 4) + syn) % (size_t{1} << 32);  // SYN has a number of its own
        if (header == length) {
            frame_.syn = syn;
            return frame_;
        }
        return done(at + header, length - header);
    }

    NaiveFrame done(size_t payload, size_t length) {
        frame_.counted = true;
        frame_.payload = payload;
        frame_.length = length;
        return frame_;
    }

    std::span<const uint8_t> octets_;
    size_t packet_length_;
    NaiveFrame frame_;
};

struct NaiveMessage {
    uint32_t reason = DNS_OK;
    uint32_t id = 0, flags = 0, question_count = 0, answer_count = 0, authority_count = 0,
             additional_count = 0;
    uint32_t type = 0, class_ = 0;
    size_t name_length = 0, labels = 0;
};

// `here` octets of a message of `length` octets are in hand.
inline NaiveMessage naive_message(std::span<const uint8_t> here, size_t length) {
    NaiveMessage m;
    const auto octet = [&](size_t at) -> std::optional<uint8_t> {
        return at < here.size() ? std::optional(here[at]) : std::nullopt;
    };
    const auto number = [&](size_t at) { return static_cast<uint32_t>(here[at] * 256 + here[at + 1]); };
    const auto failed = [&](uint32_t reason) {
        m.reason = reason;
        return m;
    };
    if (length < 12) return failed(DNS_SHORT_HEADER);
    if (here.size() < 12) return failed(DNS_TRUNCATED_PACKET);
    m.id = number(0);
    m.flags = number(2);
    m.question_count = number(4);
    m.answer_count = number(6);
    m.authority_count = number(8);
    m.additional_count = number(10);
    if (m.question_count == 0) return m;

    size_t name = 0, labels = 0;  // octets and labels of the name so far
    while (true) {
        if (name + 1 > 255) return failed(DNS_NAME_TOO_LONG);
        const auto label = octet(12 + name);
        if (!label) return failed(DNS_TRUNCATED_QUESTION);
        if (*label >> 6 == 3) return failed(DNS_COMPRESSED_QUESTION);
        if (*label >> 6 != 0) return failed(DNS_BAD_LABEL);
        name += 1;
        if (*label == 0) break;
        name += *label;
        ++labels;
    }
    if (here.size() < 12 + name + 4) return failed(DNS_TRUNCATED_QUESTION);
    m.type = number(12 + name);
    m.class_ = number(12 + name + 2);
    m.name_length = name;
    m.labels = labels;
    return m;
}

}  // namespace dnsexp::test
