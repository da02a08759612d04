// The dual headers against the naive parser: the same reason, the same fields. And 0x20: with the case of the
// name's letters turned, the question's hash stays.
#include <cctype>
#include <cstring>
#include <string>
#include <vector>

#include "test/fuzz/parse.h"
#include "test/fuzz/same.h"
#include "test/support/naive_dns.h"
#include "test/support/naive_stream.h"
#include "test/support/naive_tunnel.h"

using namespace dnsexp::test;

namespace {

std::string protocol_text(uint32_t protocol) {
    return protocol == DNS_PROTO_UDP ? "udp" : protocol == DNS_PROTO_TCP ? "tcp" : "unknown";
}

void same_address(const dns_address& dual, std::string naive) {
    static const std::string mapped_prefix = std::string(10, '\0') + "\xff\xff";  // RFC 4291, 2.5.5.2
    if (naive.size() == 4) naive = mapped_prefix + naive;
    same("address", std::memcmp(&dual, naive.data(), sizeof dual), 0);
    const bool mapped = naive.starts_with(mapped_prefix);
    same("a group", dns_is_multicast(&dual),
         mapped ? (naive[12] & 0xf0) == 0xe0 : naive[0] == '\xff');  // RFC 1112, 4; RFC 4291, 2.7
}

void compare_messages(std::span<const uint8_t> octets, size_t length) {
    const auto [reason, message] = parse_message(octets, static_cast<uint32_t>(length));
    const NaiveMessage naive =
        naive_message(octets.first(std::min<size_t>(octets.size(), DNS_PREFIX_LOAD)), length);
    same("message: reason", reason, naive.reason);
    if (reason != DNS_OK) return;
    same("id", message.id, naive.id);
    same("flags", message.flags, naive.flags);
    same("question count", message.question_count, naive.question_count);
    same("answer count", message.answer_count, naive.answer_count);
    same("authority count", message.authority_count, naive.authority_count);
    same("additional count", message.additional_count, naive.additional_count);
    same("type", message.type, naive.type);
    same("class", message.class_, naive.class_);
    same("name length", message.name_length, naive.name_length);
    same("labels", message.labels, naive.labels);
    same("records", dns_question_end(&message), 12 + (naive.name_length != 0 ? naive.name_length + 4 : 0));
    for (const uint32_t kind : {uint32_t{DNS_QUERY}, uint32_t{DNS_RESPONSE}, uint32_t{DNS_KINDS}})
        same("a stream's beginning", dns_plausible_start(static_cast<uint32_t>(length), &message, kind),
             NaiveStream({}, kind).can_begin({0, length, naive}));

    std::vector<uint8_t> turned(octets.begin(), octets.end());
    for (size_t i = 0; i < naive.name_length; ++i) {
        uint8_t& octet = turned[DNS_HEADER_LENGTH + i];
        if (octet < 0x80 && std::isalpha(octet)) octet ^= 0x20;
    }
    same("hash", parse_message(turned, static_cast<uint32_t>(length)).message.question, message.question);
}

NaiveFrame naive_frame(const Input& input) {
    NaiveFrameParser outer(input.octets, input.packet_length);
    const NaiveFrame frame = input.link ? outer.ethernet() : outer.raw();
    if (frame.counted || frame.syn) return frame;
    NaiveTunnel tunnel(input.octets, input.tunnels);
    const auto inner = input.link ? tunnel.in_ethernet() : tunnel.in_ip();
    if (!inner) return frame;
    NaiveFrameParser parser(input.octets, input.packet_length);
    return inner->ethernet ? parser.ethernet(inner->start) : parser.raw(inner->start);
}

void compare_fragments(const dns_frame& frame, const NaiveFrame& naive) {
    same("fragment: payload", frame.payload, naive.payload);
    same("fragment: length", frame.length, naive.length);
    same("fragment: offset", frame.fragment_at, naive.fragment_at);
    same("fragment: id", frame.fragment_id, naive.fragment_id);
    same("fragment: more", frame.more_fragments, naive.more_fragments);
}

void compare_frames(const Input& input) {
    const auto [reason, frame] = parse_frame(input.octets, input.packet_length, input.link, input.tunnels);
    const NaiveFrame naive = naive_frame(input);
    const dns_packet packet{input.octets.data(), input.octets.data() + input.octets.size()};
    // A packet that ends within its headers may be dismissed by the ports that are there.
    if (dismissed(packet, input.link, input.tunnels))
        same("dismissed", naive.syn || (naive.counted && naive.reason != DNS_TRUNCATED_PACKET), false);
    // Whatever is beyond the reasons is not counted as a packet on a DNS port.
    same("frame: reason", std::min<uint32_t>(reason, DNS_FRAME_OTHER),
         naive.counted ? naive.reason : uint32_t{DNS_FRAME_OTHER});
    same("SYN", reason == DNS_FRAME_SYN, naive.syn);
    if (naive.syn) same("sequence of a SYN", frame.sequence, naive.sequence);
    if (!naive.counted) return;
    same("protocol", protocol_text(frame.protocol) == naive.protocol, true);
    if (reason == DNS_FRAGMENT) compare_fragments(frame, naive);
    if (reason != DNS_OK) return;
    if (frame.transport == DNS_TCP) same("sequence", frame.sequence, naive.sequence);
    same("payload", frame.payload, naive.payload);
    same("length", frame.length, naive.length);
    same("source port", frame.source_port, naive.source_port);
    same("destination port", frame.destination_port, naive.destination_port);
    dns_address source, destination;
    same("addresses", dns_frame_addresses(packet, &frame, &source, &destination), 1);
    same_address(source, naive.source);
    same_address(destination, naive.destination);
    compare_messages(payload_of(input.octets, frame), frame.length);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) return 0;
    const Input input = read_input(data, size);
    compare_frames(input);
    compare_messages(input.octets, input.packet_length);
    return 0;
}
