#include "exporter/fold/names.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <bit>

#include "exporter/fold/wire_name.h"

namespace dnsexp {
namespace {

// \DDD (RFC 1035, 5.1).
void append_decimal_escape(std::string& text, uint8_t byte) {
    text += '\\';
    text += static_cast<char>('0' + byte / 100);
    text += static_cast<char>('0' + byte / 10 % 10);
    text += static_cast<char>('0' + byte % 10);
}

enum class Written : uint8_t { plainly, quoted, in_decimal };

// How each octet of a label is written. A table, since every event's name goes through it.
constexpr std::array<Written, 256> writing = [] {
    std::array<Written, 256> table{};
    for (size_t byte = 0; byte < table.size(); ++byte)
        table[byte] = byte < 0x21 || byte > 0x7e ? Written::in_decimal : Written::plainly;
    for (const char special : std::string_view(".\\\"();@$"))
        table[static_cast<uint8_t>(special)] = Written::quoted;
    return table;
}();

constexpr std::string_view unknown = "unknown";

template <size_t N>
std::string_view pick(const std::array<std::string_view, N>& names, uint32_t index) {
    return index < N ? names[index] : unknown;
}

// Index: the RCODE. An empty name is unassigned. 16 is BADVERS, not BADSIG: those above 15 come from OPT
// records (RFC 6891, 9), never from a TSIG record.
constexpr std::array<std::string_view, 24> rcodes = {
    "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",  "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
    "NXRRSET", "NOTAUTH", "NOTZONE",  "DSOTYPENI", "",        "",        "",         "",
    "BADVERS", "BADKEY",  "BADTIME",  "BADMODE",   "BADNAME", "BADALG",  "BADTRUNC", "BADCOOKIE"};

constexpr std::array<std::string_view, 7> opcodes = {"QUERY",  "IQUERY", "STATUS", "",
                                                     "NOTIFY", "UPDATE", "DSO"};

std::string_view assigned_outcome(uint16_t outcome) {
    if (outcome == DNS_OUTCOME_TIMEOUT) return "TIMEOUT";
    if (outcome == DNS_OUTCOME_UNTRACKED) return "UNTRACKED";
    if (outcome == DNS_OUTCOME_OTHER) return other_label;
    return outcome < rcodes.size() ? rcodes[outcome] : std::string_view();
}

}  // namespace

void append_label(std::string& text, std::span<const uint8_t> label) {
    for (const uint8_t byte : label) {
        if (writing[byte] == Written::in_decimal) {
            append_decimal_escape(text, byte);
            continue;
        }
        if (writing[byte] == Written::quoted) text += '\\';
        text += static_cast<char>(ascii_lower(byte));
    }
}

std::string presentation_name(std::span<const uint8_t> wire_name) {
    const auto labels = split_labels(wire_name);
    if (!labels) return {};
    if (labels->count == 0) return ".";
    std::string text;
    for (size_t i = 0; i < labels->count; ++i) {
        if (i != 0) text += '.';
        append_label(text, labels->label(i));
    }
    return text;
}

std::string printable_text(std::string_view text) {
    std::string printable;
    for (const char c : text) {
        const auto byte = static_cast<uint8_t>(c);
        if (byte < 0x20 || byte > 0x7e) {
            append_decimal_escape(printable, byte);
            continue;
        }
        if (byte == '\\') printable += '\\';
        printable += c;
    }
    return printable;
}

std::string outcome_name(uint16_t outcome) {
    const std::string_view name = assigned_outcome(outcome);
    return name.empty() ? "RCODE" + std::to_string(outcome) : std::string(name);
}

std::string opcode_name(uint8_t opcode) {
    const std::string_view name = opcode < opcodes.size() ? opcodes[opcode] : std::string_view();
    return name.empty() ? "OPCODE" + std::to_string(opcode) : std::string(name);
}

std::string address_text(const dns_address& address) {
    const auto octets = std::bit_cast<std::array<uint8_t, 16>>(address);  // they lie as on the wire
    static constexpr std::array<uint8_t, 12> mapped_prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    const bool mapped =
        std::equal(mapped_prefix.begin(), mapped_prefix.end(), octets.begin());  // RFC 4291, 2.5.5.2
    char text[INET6_ADDRSTRLEN] = "";
    ::inet_ntop(mapped ? AF_INET : AF_INET6, octets.data() + (mapped ? mapped_prefix.size() : 0), text,
                sizeof text);
    return text;
}

std::string_view role_name(uint32_t role) {
    return pick<DNS_ROLES>({"client", "server", "local"}, role);
}

std::string_view transport_name(uint32_t transport) {
    return pick<DNS_TRANSPORTS>({"udp", "tcp"}, transport);
}

std::string_view protocol_name(uint32_t protocol) {
    return pick<DNS_PROTOCOLS>({"udp", "tcp", unknown}, protocol);
}

std::string_view direction_name(uint32_t direction) {
    return pick<DNS_DIRECTIONS>({"ingress", "egress"}, direction);
}

std::string_view kind_name(uint32_t kind) {
    return pick<DNS_KINDS>({"query", "response"}, kind);
}

std::string_view ip_version_name(uint32_t ip) {
    return pick<DNS_IP_VERSIONS>({"4", "6"}, ip);
}

std::string_view reason_name(uint32_t reason) {
    return pick<DNS_REASONS>(
        {"message", "short_header", "bad_udp_length", "bad_label", "compressed_question", "name_too_long",
         "truncated_question", "truncated_packet", "fragment", "bad_ip_header", "extension_headers",
         "segmented", "tcp_no_message_start", "load_failed", "tcp_out_of_order", "tcp_busy", "tcp_lost",
         "tcp_continuation", "tcp_retransmission"},
        reason);
}

std::string_view flag_name(uint32_t flag) {
    return pick<DNS_FLAGS>({"aa", "tc", "rd", "ra", "ad", "cd", "do"}, flag);
}

std::string_view edns_result_name(uint32_t result) {
    return pick<DNS_EDNS_RESULTS>({"found", "absent", "cut", "malformed"}, result);
}

std::string_view latency_type_name(uint32_t latency_type) {
    return pick<DNS_LATENCY_TYPES>({"A", "AAAA", "HTTPS", "PTR", other_label}, latency_type);
}

}  // namespace dnsexp
