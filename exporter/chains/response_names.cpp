#include "exporter/chains/response_names.h"

#include "ebpf/dns_abi.h"
#include "exporter/fold/wire_name.h"

namespace dnsexp {
namespace {

constexpr size_t record_fixed = 10;   // TYPE, CLASS, TTL, RDLENGTH (RFC 1035, 4.1.3)
constexpr size_t question_fixed = 4;  // QTYPE, QCLASS
constexpr uint16_t type_ns = 2;
constexpr uint16_t type_cname = 5;
constexpr uint8_t pointer_bits = 0xc0;

uint16_t be16(std::span<const uint8_t> octets, size_t at) {
    return static_cast<uint16_t>(octets[at] << 8 | octets[at + 1]);
}

// Appends one label with its length octet.
void append(std::string& name, std::span<const uint8_t> label) {
    name += static_cast<char>(label.size());
    for (const uint8_t octet : label) name += static_cast<char>(ascii_lower(octet));
}

}  // namespace

WireNameAt wire_name_at(std::span<const uint8_t> message, size_t at) {
    WireNameAt read;
    size_t lowest = at;  // pointers lead to a prior occurrence: each below all before it
    while (at < message.size()) {
        const uint8_t length = message[at];
        if ((length & pointer_bits) == pointer_bits) {
            if (message.size() - at < 2) return {};
            if (read.next == 0) read.next = at + 2;
            at = be16(message, at) & 0x3fff;
            if (at >= lowest) return {};
            lowest = at;
            continue;
        }
        if (length > max_label_octets || message.size() - at - 1 < length) return {};
        if (read.name.size() + 1 + length > DNS_NAME_MAX) return {};
        append(read.name, message.subspan(at + 1, length));
        at += size_t{1} + length;
        if (length != 0) continue;
        if (read.next == 0) read.next = at;
        return read;
    }
    return {};
}

ResponseNames response_names(std::span<const uint8_t> message) {
    ResponseNames names;
    if (message.size() < DNS_HEADER_LENGTH) return names;
    const size_t answers = be16(message, 6), authorities = be16(message, 8);
    size_t at = DNS_HEADER_LENGTH, kept = 0;
    for (size_t questions = be16(message, 4); questions > 0; --questions) {
        const WireNameAt question = wire_name_at(message, at);
        if (question.name.empty()) return names;
        at = question.next + question_fixed;
    }
    for (size_t record = 0; record < answers + authorities; ++record) {
        const WireNameAt owner = wire_name_at(message, at);
        if (owner.name.empty() || message.size() < owner.next + record_fixed) return names;
        const uint16_t type = be16(message, owner.next);
        const size_t data = owner.next + record_fixed;
        at = data + be16(message, owner.next + record_fixed - 2);
        const bool is_alias = record < answers && type == type_cname;
        if (!is_alias && (record < answers || type != type_ns)) continue;
        WireNameAt target = wire_name_at(message, data);
        if (target.name.empty()) return names;
        kept += target.name.size();
        if (kept > response_names_octets) return names;
        (is_alias ? names.aliases : names.name_servers).push_back(std::move(target.name));
    }
    return names;
}

}  // namespace dnsexp
