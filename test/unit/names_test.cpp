#include "exporter/fold/names.h"

#include <arpa/inet.h>

#include <catch2/catch.hpp>
#include <vector>

#include "exporter/fold/wire_name.h"

using namespace dnsexp;

namespace {

using Bytes = std::vector<uint8_t>;

Bytes wire(std::initializer_list<std::string_view> labels) {
    Bytes bytes;
    for (const std::string_view label : labels) {
        bytes.push_back(static_cast<uint8_t>(label.size()));
        bytes.insert(bytes.end(), label.begin(), label.end());
    }
    bytes.push_back(0);
    return bytes;
}

}  // namespace

TEST_CASE("A wire name becomes lower case presentation format without a trailing dot") {
    CHECK(presentation_name(wire({"WWW", "Example", "com"})) == "www.example.com");
    CHECK(presentation_name(wire({"_dns-sd", "_udp", "local"})) == "_dns-sd._udp.local");
    CHECK(presentation_name(wire({"com"})) == "com");
    CHECK(presentation_name(wire({})) == ".");
}

TEST_CASE("What follows the root label is not part of the name") {
    Bytes question = wire({"a", "b"});
    question.insert(question.end(), {0, 1, 0, 1});
    CHECK(presentation_name(question) == "a.b");
}

TEST_CASE("Special characters and octets that don't print are escaped") {
    CHECK(presentation_name(wire({"a.b", "c"})) == "a\\.b.c");
    CHECK(presentation_name(wire({"a\\b"})) == "a\\\\b");
    CHECK(presentation_name(wire({"\"$();@"})) == "\\\"\\$\\(\\)\\;\\@");
    CHECK(presentation_name(wire({"a b"})) == "a\\032b");
    CHECK(presentation_name(wire({std::string_view("\0\x1b\x7f", 3)})) == "\\000\\027\\127");
    CHECK(presentation_name(wire({"\xc3\xa4\xff"})) == "\\195\\164\\255");
    CHECK(presentation_name(wire({"\xc0"})) == "\\192");  // only ASCII letters are folded (RFC 4343, 3)
}

TEST_CASE("Bytes that are no complete name have no text") {
    CHECK(presentation_name(Bytes{}).empty());
    CHECK(presentation_name(Bytes{1}).empty());
    CHECK(presentation_name(Bytes{1, 'a'}).empty());
    CHECK(presentation_name(Bytes{5, 'a', 0}).empty());
    CHECK(presentation_name(Bytes{1, 'a', 0xc0, 0x0c}).empty());  // RFC 1035, 4.1.4
    CHECK(presentation_name(Bytes{64, 'a', 0}).empty());
    CHECK(presentation_name(wire({std::string(64, 'a'), "com"})).empty());  // RFC 1035, 2.3.4
}

TEST_CASE("A name of 255 octets is read and one of 256 is not") {
    const std::string full(63, 'a');
    CHECK(presentation_name(wire({full, full, full, std::string(61, 'b')})).size() == 253);
    CHECK(presentation_name(wire({full, full, full, std::string(62, 'b')})).empty());
    Bytes deepest;
    for (int i = 0; i < 127; ++i) deepest.insert(deepest.end(), {1, 'x'});
    deepest.push_back(0);
    CHECK(presentation_name(deepest).size() == 253);
}

TEST_CASE("Every cut of a name is refused and none reads past its end") {
    const Bytes name = wire({"www", "example", "com"});
    for (size_t length = 0; length < name.size(); ++length) {
        const Bytes cut(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(length));  // own allocation
        CHECK(presentation_name(cut).empty());
    }
}

TEST_CASE("Types carry their IANA mnemonics") {
    CHECK(type_name(1) == "A");
    CHECK(type_name(10) == "NULL");
    CHECK(type_name(12) == "PTR");
    CHECK(type_name(16) == "TXT");
    CHECK(type_name(28) == "AAAA");
    CHECK(type_name(33) == "SRV");
    CHECK(type_name(43) == "DS");
    CHECK(type_name(53) == "SMIMEA");
    CHECK(type_name(55) == "HIP");
    CHECK(type_name(63) == "ZONEMD");
    CHECK(type_name(65) == "HTTPS");
    CHECK(type_name(99) == "SPF");
    CHECK(type_name(109) == "EUI64");
    CHECK(type_name(128) == "NXNAME");
    CHECK(type_name(249) == "TKEY");
    CHECK(type_name(252) == "AXFR");
    CHECK(type_name(255) == "ANY");
    CHECK(type_name(257) == "CAA");
    CHECK(type_name(264) == "IPN");
    CHECK(type_name(32769) == "DLV");
}

TEST_CASE("A type has a mnemonic exactly where it has a fixed slot") {
    for (uint32_t type = 0; type <= UINT16_MAX; ++type) {
        const bool numbered = type_name(static_cast<uint16_t>(type)) == "TYPE" + std::to_string(type);
        if (numbered != (dns_type_slot(type) == DNS_TYPE_OTHER)) FAIL_CHECK("type " << type);
    }
}

TEST_CASE("Outcomes carry their IANA mnemonics or one of our own") {
    CHECK(outcome_name(0) == "NOERROR");
    CHECK(outcome_name(3) == "NXDOMAIN");
    CHECK(outcome_name(5) == "REFUSED");
    CHECK(outcome_name(10) == "NOTZONE");
    CHECK(outcome_name(11) == "DSOTYPENI");
    CHECK(outcome_name(12) == "RCODE12");
    CHECK(outcome_name(16) == "BADVERS");
    CHECK(outcome_name(17) == "BADKEY");
    CHECK(outcome_name(18) == "BADTIME");
    CHECK(outcome_name(19) == "BADMODE");
    CHECK(outcome_name(20) == "BADNAME");
    CHECK(outcome_name(21) == "BADALG");
    CHECK(outcome_name(22) == "BADTRUNC");
    CHECK(outcome_name(23) == "BADCOOKIE");
    CHECK(outcome_name(24) == "RCODE24");
    CHECK(outcome_name(DNS_OUTCOME_TIMEOUT) == "TIMEOUT");
    CHECK(outcome_name(DNS_OUTCOME_UNTRACKED) == "UNTRACKED");
    CHECK(outcome_name(DNS_OUTCOME_OTHER) == "other");
}

TEST_CASE("Opcodes carry their IANA mnemonics") {
    CHECK(opcode_name(0) == "QUERY");
    CHECK(opcode_name(2) == "STATUS");
    CHECK(opcode_name(3) == "OPCODE3");
    CHECK(opcode_name(4) == "NOTIFY");
    CHECK(opcode_name(5) == "UPDATE");
    CHECK(opcode_name(6) == "DSO");
    CHECK(opcode_name(15) == "OPCODE15");
}

TEST_CASE("Mapped addresses are printed as IPv4 and the others as RFC 5952 has it") {
    const auto text_of = [](const char* text) {
        dns_address address{};
        REQUIRE(::inet_pton(AF_INET6, text, &address) ==
                1);  // network byte order, as the kernel side loads it
        return address_text(address);
    };
    CHECK(text_of("::ffff:192.0.2.1") == "192.0.2.1");
    CHECK(text_of("2001:db8::1") == "2001:db8::1");
    CHECK(text_of("2001:db8:0:1:1:1:1:1") == "2001:db8:0:1:1:1:1:1");
    CHECK(text_of("::1") == "::1");
    CHECK(text_of("::2:ffff:192.0.2.1") == "::2:ffff:c000:201");
    CHECK(text_of("fe80::ab:cd00:0") == "fe80::ab:cd00:0");
}

TEST_CASE("Each value of a closed set has a label of its own") {
    CHECK(reason_name(DNS_OK) == "message");
    CHECK(reason_name(DNS_SHORT_HEADER) == "short_header");
    CHECK(reason_name(DNS_TRUNCATED_QUESTION) == "truncated_question");
    CHECK(reason_name(DNS_FRAGMENT) == "fragment");
    CHECK(reason_name(DNS_TCP_NO_MESSAGE_START) == "tcp_no_message_start");
    CHECK(reason_name(DNS_LOAD_FAILED) == "load_failed");
    CHECK(reason_name(DNS_TCP_OUT_OF_ORDER) == "tcp_out_of_order");
    CHECK(reason_name(DNS_TCP_BUSY) == "tcp_busy");
    CHECK(reason_name(DNS_TCP_LOST) == "tcp_lost");
    CHECK(reason_name(DNS_TCP_CONTINUATION) == "tcp_continuation");
    CHECK(reason_name(DNS_TCP_RETRANSMISSION) == "tcp_retransmission");
    CHECK(reason_name(DNS_REASONS) == "unknown");
    CHECK(role_name(DNS_ROLE_SERVER) == "server");
    CHECK(role_name(DNS_ROLE_LOCAL) == "local");
    CHECK(transport_name(DNS_TCP) == "tcp");
    CHECK(protocol_name(DNS_PROTO_UNKNOWN) == "unknown");
    CHECK(direction_name(DNS_EGRESS) == "egress");
    CHECK(kind_name(DNS_RESPONSE) == "response");
    CHECK(ip_version_name(DNS_IPV6) == "6");
    CHECK(flag_name(DNS_FLAG_RD) == "rd");
    CHECK(flag_name(DNS_FLAG_CD) == "cd");
    CHECK(flag_name(DNS_FLAG_DO) == "do");
    CHECK(edns_result_name(DNS_EDNS_FOUND) == "found");
    CHECK(edns_result_name(DNS_EDNS_ABSENT) == "absent");
    CHECK(edns_result_name(DNS_EDNS_CUT) == "cut");
    CHECK(edns_result_name(DNS_EDNS_MALFORMED) == "malformed");
    CHECK(latency_type_name(DNS_LATENCY_PTR) == "PTR");
    CHECK(latency_type_name(DNS_LATENCY_OTHER) == "other");
}

TEST_CASE("Text of the system's is made printable") {
    CHECK(printable_text("eth0.100@if3") == "eth0.100@if3");
    CHECK(printable_text("a\nb\\\xff") == "a\\010b\\\\\\255");
}
