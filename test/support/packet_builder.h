// Packets for tests, layer by layer, outermost first:
//
//   Packet().ethernet().ipv4().udp(40000, 53).payload(Dns().question("example.com", 1).build()).build()
//
// Lengths and protocol numbers are filled in when the packet is built; what a test wants to be wrong is set
// by hand. Checksums stay zero: nothing here reads them.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace dnsexp::test {

using Bytes = std::vector<uint8_t>;

inline void append_be16(Bytes& bytes, uint32_t value) {
    bytes.push_back(static_cast<uint8_t>(value >> 8));
    bytes.push_back(static_cast<uint8_t>(value));
}

inline void append(Bytes& bytes, const Bytes& more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
}

// "www.example.com" as a wire name with the root label; "" is the root. Labels are not checked.
inline Bytes wire_name(std::string_view text) {
    Bytes wire;
    while (!text.empty()) {
        const std::string_view label = text.substr(0, text.find('.'));
        wire.push_back(static_cast<uint8_t>(label.size()));
        wire.insert(wire.end(), label.begin(), label.end());
        text.remove_prefix(std::min(text.size(), label.size() + 1));
    }
    wire.push_back(0);
    return wire;
}

// The flags word of a DNS header (RFC 1035, 4.1.1; AD and CD: RFC 4035, 3.1.6).
enum DnsFlags : uint16_t {
    qr = 0x8000,
    aa = 0x0400,
    tc = 0x0200,
    rd = 0x0100,
    ra = 0x0080,
    z = 0x0040,
    ad = 0x0020,
    cd = 0x0010
};
constexpr uint16_t opcode_bits(uint32_t opcode) {
    return static_cast<uint16_t>(opcode << 11);
}

// A DNS message: the header and whatever follows it.
class Dns {
  public:
    Dns& id(uint16_t value) { return header(0, value); }
    Dns& flags(uint32_t value) { return header(2, value); }
    Dns& questions(uint16_t count) { return header(4, count); }
    Dns& answers(uint16_t count) { return header(6, count); }
    Dns& question(std::string_view name, uint16_t type, uint16_t qclass = 1) {
        return question(wire_name(name), type, qclass);
    }
    Dns& question(const Bytes& name, uint16_t type, uint16_t qclass = 1) {
        raw(name);
        append_be16(bytes_, type);
        append_be16(bytes_, qclass);
        return questions(1);
    }
    // Octets behind what is there already; they change no count of the header.
    Dns& raw(const Bytes& octets) {
        append(bytes_, octets);
        return *this;
    }
    // An answer for the question's name: an A record by compression pointer (RFC 1035, 4.1.4).
    Dns& answer_a(std::array<uint8_t, 4> address, uint16_t count = 1) {
        raw({0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4});
        bytes_.insert(bytes_.end(), address.begin(), address.end());
        return answers(count);
    }
    [[nodiscard]] Bytes build() const { return Bytes(bytes_.begin(), bytes_.end()); }
    // With the length prefix of TCP (RFC 1035, 4.2.2).
    [[nodiscard]] Bytes build_tcp() const {
        Bytes prefixed;
        append_be16(prefixed, static_cast<uint32_t>(bytes_.size()));
        append(prefixed, bytes_);
        return prefixed;
    }

  private:
    Dns& header(size_t at, uint32_t value) {
        bytes_[at] = static_cast<uint8_t>(value >> 8);
        bytes_[at + 1] = static_cast<uint8_t>(value);
        return *this;
    }

    Bytes bytes_ = Bytes(12);
};

using Address4 = std::array<uint8_t, 4>;
using Address6 = std::array<uint8_t, 16>;

// Documentation addresses (RFC 5737, RFC 3849).
constexpr Address4 client4{192, 0, 2, 1}, server4{192, 0, 2, 53};
constexpr Address6 client6{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
    server6{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x53};

class Packet {
  public:
    Packet& ethernet() { return add(Bytes(14, 0x02), 0, link); }
    Packet& vlan(uint16_t id, uint16_t ethertype = 0x8100) {
        Bytes tag;
        append_be16(tag, id);
        append_be16(tag, 0);
        return add(std::move(tag), ethertype, link);
    }
    // `option_words`: 32-bit words of options, all "no operation".
    Packet& ipv4(Address4 source = client4, Address4 destination = server4, uint8_t option_words = 0) {
        Bytes ip(20);
        ip[0] = static_cast<uint8_t>(0x45 + option_words);
        ip[8] = 64;
        std::copy(source.begin(), source.end(), ip.begin() + 12);
        std::copy(destination.begin(), destination.end(), ip.begin() + 16);
        ip.resize(ip.size() + 4U * option_words, 1);
        return add(std::move(ip), 0x0800, v4);
    }
    Packet& ipv6(const Address6& source = client6, const Address6& destination = server6) {
        Bytes ip(40);
        ip[0] = 0x60;
        ip[7] = 64;
        std::copy(source.begin(), source.end(), ip.begin() + 8);
        std::copy(destination.begin(), destination.end(), ip.begin() + 24);
        return add(std::move(ip), 0x86dd, v6);
    }
    // An IPv6 extension header of so many octets, a multiple of 8 (authentication header: of 4).
    Packet& extension(uint8_t kind, uint32_t octets = 8) {
        Bytes header(octets);
        header[1] = static_cast<uint8_t>(kind == 51 ? octets / 4 - 2 : kind == 44 ? 0 : octets / 8 - 1);
        return add(std::move(header), kind, next_first);
    }
    // An IPv6 fragment header, or the fragment word of the IPv4 header before. Offset in units of 8 octets.
    Packet& fragment(uint16_t offset, bool more) {
        if (layers_.back().kind == v4) {
            layers_.back().octets[6] = static_cast<uint8_t>((more ? 0x20 : 0) | offset >> 8);
            layers_.back().octets[7] = static_cast<uint8_t>(offset);
            return *this;
        }
        extension(44);
        layers_.back().octets[2] = static_cast<uint8_t>(offset >> 5);
        layers_.back().octets[3] = static_cast<uint8_t>(offset << 3 | (more ? 1 : 0));
        return *this;
    }
    Packet& udp(uint16_t source = 40000, uint16_t destination = 53) {
        Bytes header;
        append_be16(header, source);
        append_be16(header, destination);
        header.resize(8);
        return add(std::move(header), 17, udp_header);
    }
    Packet& tcp(uint16_t source = 40000, uint16_t destination = 53, uint8_t option_words = 0) {
        Bytes header;
        append_be16(header, source);
        append_be16(header, destination);
        header.resize(20 + 4U * option_words, 1);
        header[12] = static_cast<uint8_t>((5 + option_words) << 4);
        header[13] = 0x18;  // PSH, ACK
        return add(std::move(header), 6, plain);
    }
    // A header of a protocol that is neither UDP nor TCP.
    Packet& other(uint8_t protocol, uint32_t octets) { return add(Bytes(octets), protocol, plain); }
    Packet& payload(Bytes octets) {
        payload_ = std::move(octets);
        return *this;
    }
    // Octets behind the IP packet: the padding of short Ethernet frames.
    Packet& padding(uint32_t octets) {
        padding_ = octets;
        return *this;
    }
    // The length field of the layer before, as it is to be.
    Packet& length(uint16_t value) {
        layers_.back().length = value;
        return *this;
    }
    // One octet of the layer before, as it is to be.
    Packet& octet(size_t at, uint8_t value) {
        layers_.back().forced.emplace_back(at, value);
        return *this;
    }

    [[nodiscard]] Bytes build() const {
        Bytes inner = payload_;
        for (size_t i = layers_.size(); i-- > 0;) {
            Bytes octets = filled(i, static_cast<uint32_t>(inner.size()));
            append(octets, inner);
            inner = std::move(octets);
        }
        inner.resize(inner.size() + padding_);
        return Bytes(inner.begin(),
                     inner.end());  // exactly as much memory as octets: a read past the end shows
    }

  private:
    enum Kind { link, v4, v6, next_first, udp_header, plain };
    struct Layer {
        Bytes octets;
        uint16_t number;  // EtherType or IP protocol
        Kind kind;
        std::optional<uint16_t> length = {};
        std::vector<std::pair<size_t, uint8_t>> forced = {};
    };

    Packet& add(Bytes octets, uint16_t number, Kind kind) {
        layers_.push_back({std::move(octets), number, kind});
        return *this;
    }

    static void put16(Bytes& bytes, size_t at, uint32_t value) {
        bytes[at] = static_cast<uint8_t>(value >> 8);
        bytes[at + 1] = static_cast<uint8_t>(value);
    }

    [[nodiscard]] Bytes filled(size_t index, uint32_t inner) const {
        constexpr uint8_t no_next_header = 59;  // RFC 8200, 4.7
        const Layer& layer = layers_[index];
        const uint32_t next = index + 1 < layers_.size() ? layers_[index + 1].number : no_next_header;
        const auto whole = static_cast<uint32_t>(layer.octets.size()) + inner;
        Bytes octets = layer.octets;
        switch (layer.kind) {
            case link:
                put16(octets, octets.size() - 2, next);
                break;
            case v4:
                octets[9] = static_cast<uint8_t>(next);
                put16(octets, 2, layer.length.value_or(static_cast<uint16_t>(whole)));
                break;
            case v6:
                octets[6] = static_cast<uint8_t>(next);
                put16(octets, 4, layer.length.value_or(static_cast<uint16_t>(inner)));
                break;
            case next_first:
                octets[0] = static_cast<uint8_t>(next);
                break;
            case udp_header:
                put16(octets, 4, layer.length.value_or(static_cast<uint16_t>(whole)));
                break;
            case plain:
                break;
        }
        for (const auto& [at, value] : layer.forced) octets.at(at) = value;
        return octets;
    }

    std::vector<Layer> layers_;
    Bytes payload_;
    uint32_t padding_ = 0;
};

}  // namespace dnsexp::test
