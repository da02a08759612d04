#include "test/truth/message_json.h"

#include <arpa/inet.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "ebpf/dns_message.h"
#include "exporter/fold/names.h"

namespace dnsexp::test {
namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t ns_per_second = 1'000'000'000;

std::string seconds(uint64_t ns) {
    char text[32];
    std::snprintf(text, sizeof text, "%llu.%09llu", static_cast<unsigned long long>(ns / ns_per_second),
                  static_cast<unsigned long long>(ns % ns_per_second));
    return text;
}

std::string text_of(const dns_address& address, uint32_t ip) {
    constexpr size_t mapped = 12;  // octets before the IPv4 address in ::ffff:a.b.c.d
    std::array<uint8_t, 16> octets{};
    std::memcpy(octets.data(), &address.high, 8);
    std::memcpy(octets.data() + 8, &address.low, 8);
    char text[INET6_ADDRSTRLEN] = "";
    if (ip == DNS_IPV4)
        inet_ntop(AF_INET, octets.data() + mapped, text, sizeof text);
    else
        inet_ntop(AF_INET6, octets.data(), text, sizeof text);
    return text;
}

std::string hex(const std::vector<uint8_t>& octets) {
    constexpr const char* digits = "0123456789abcdef";
    std::string text;
    for (const uint8_t octet : octets) {
        text += digits[octet >> 4];
        text += digits[octet & 15];
    }
    return text;
}

const char* protocol_text(uint32_t protocol) {
    return protocol == DNS_PROTO_UDP ? "udp" : "tcp";
}

Json packet_fields(const ObservedMessage& seen) {
    Json line = {{"frame", seen.frame},
                 {"time", seconds(seen.time_ns)},
                 {"ip_version", seen.ip == DNS_IPV4 ? 4 : 6},
                 {"src", text_of(seen.source, seen.ip)},
                 {"dst", text_of(seen.destination, seen.ip)}};
    if (seen.protocol == DNS_PROTO_UNKNOWN) return line;
    line["proto"] = protocol_text(seen.protocol);
    line["sport"] = seen.source_port;
    line["dport"] = seen.destination_port;
    return line;
}

// The header's second 16 bits (RFC 1035, 4.1.1; RFC 4035, 3.1.6).
void add_header(const ObservedMessage& seen, Json& line) {
    constexpr std::array<const char*, 7> bits = {"aa", "tc", "rd", "ra", "z", "ad", "cd"};
    constexpr uint32_t first_bit = 10;
    line["id"] = seen.id;
    line["flags"] = seen.flags;
    line["qr"] = seen.flags >> 15 & 1;
    line["opcode"] = seen.flags >> 11 & 15;
    for (uint32_t i = 0; i < bits.size(); ++i) line[bits[i]] = seen.flags >> (first_bit - i) & 1;
    line["rcode"] = seen.flags & 15;
    line["qdcount"] = seen.question_count;
    line["ancount"] = seen.answer_count;
}

void add_message(const ObservedMessage& seen, Json& line) {
    if (seen.protocol == DNS_PROTO_UDP)
        line["udp_len"] = seen.length + 8;  // as in the UDP header, which it counts
    else
        line["tcp_len"] = seen.length;
    add_header(seen, line);
    line["questions"] = Json::array();
    if (!seen.name.empty())
        line["questions"].push_back({{"wire", hex(seen.name)}, {"type", seen.type}, {"class", seen.class_}});
}

}  // namespace

std::string json_line(const ObservedMessage& seen) {
    Json line = packet_fields(seen);
    if (seen.reason == DNS_OK)
        add_message(seen, line);
    else
        line["error"] = std::string(reason_name(seen.reason));
    return line.dump();
}

std::string json_line_of_last(const ObservedMessage& last, uint64_t count, bool known) {
    Json line = packet_fields(last);
    line["n"] = count;
    if (known) add_message(last, line);
    return line.dump();
}

std::string json_line_of_error(uint64_t frame, uint64_t time_ns, uint32_t protocol, uint32_t reason) {
    Json line = {{"frame", frame}, {"time", seconds(time_ns)}};
    if (protocol != DNS_PROTO_UNKNOWN) line["proto"] = protocol_text(protocol);
    line["error"] = std::string(reason_name(reason));
    return line.dump();
}

}  // namespace dnsexp::test
