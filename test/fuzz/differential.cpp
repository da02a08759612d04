// The dual headers against the naive parser: the same reason, the same fields. And 0x20: with the case of the
// name's letters turned, the question's hash stays.
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "test/fuzz/parse.h"
#include "test/support/naive_dns.h"

using namespace dnsexp::test;

namespace {

template <typename Left, typename Right>
void same(const char* what, Left dual, Right naive) {
    if (static_cast<uint64_t>(dual) == static_cast<uint64_t>(naive)) return;
    std::fprintf(stderr, "%s: dual %llu, naive %llu\n", what, static_cast<unsigned long long>(dual),
                 static_cast<unsigned long long>(naive));
    std::abort();
}

std::string protocol_text(uint32_t protocol) {
    return protocol == DNS_PROTO_UDP ? "udp" : protocol == DNS_PROTO_TCP ? "tcp" : "unknown";
}

void same_address(const dns_address& dual, std::string naive) {
    if (naive.size() == 4) naive = std::string(10, '\0') + "\xff\xff" + naive;
    same("address", std::memcmp(&dual, naive.data(), sizeof dual), 0);
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
    same("type", message.type, naive.type);
    same("class", message.class_, naive.class_);
    same("name length", message.name_length, naive.name_length);
    same("labels", message.labels, naive.labels);

    std::vector<uint8_t> turned(octets.begin(), octets.end());
    for (size_t i = 0; i < naive.name_length; ++i) {
        uint8_t& octet = turned[DNS_HEADER_LENGTH + i];
        if (octet < 0x80 && std::isalpha(octet)) octet ^= 0x20;
    }
    same("hash", parse_message(turned, static_cast<uint32_t>(length)).message.question, message.question);
}

void compare_frames(const Input& input) {
    const auto [reason, frame] = parse_frame(input.octets, input.packet_length, input.link);
    NaiveFrameParser parser(input.octets, input.packet_length);
    const NaiveFrame naive = input.link ? parser.ethernet() : parser.raw();
    // Whatever is beyond the reasons is not counted as a packet on a DNS port.
    same("frame: reason", std::min<uint32_t>(reason, DNS_FRAME_OTHER),
         naive.counted ? naive.reason : uint32_t{DNS_FRAME_OTHER});
    if (!naive.counted) return;
    same("protocol", protocol_text(frame.protocol) == naive.protocol, true);
    if (reason != DNS_OK) return;
    same("payload", frame.payload, naive.payload);
    same("length", frame.length, naive.length);
    same("source port", frame.source_port, naive.source_port);
    same("destination port", frame.destination_port, naive.destination_port);
    dns_address source, destination;
    const dns_packet packet{input.octets.data(), input.octets.data() + input.octets.size()};
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
