// What becomes of a packet: a message, or the reason why it is none. Expectations are from the RFCs that the
// cases name.
#include <catch2/catch.hpp>

#include "test/kernel/corpus.h"
#include "test/kernel/kernel.h"

using namespace dnsexp;
using namespace dnsexp::test;

namespace {

const Bytes question = Dns().id(7).flags(rd).question("www.example.com", 1).build();

struct Case {
    const char* what;
    Bytes octets;
    const char* counted;  // PROTOCOL REASON of the counter; empty: none
    bool ethernet = true;
};

Packet udp4() {
    return Packet().ethernet().ipv4().udp();
}
Packet tcp4() {
    return Packet().ethernet().ipv4().tcp();
}
Packet six() {
    return Packet().ethernet().ipv6();
}

Bytes cut(Bytes packet, size_t length) {
    packet.resize(length);
    return packet;
}

Packet destination_options(int count) {
    Packet packet = six();
    for (int i = 0; i < count; ++i) packet.extension(60);
    return packet;
}

std::vector<Case> frame_cases() {
    const Bytes short_message(11);
    return {
        {"UDP over IPv4", udp4().payload(question).build(), "udp message"},
        {"from the DNS port", Packet().ethernet().ipv4().udp(53, 999).payload(question).build(),
         "udp message"},
        {"another port", Packet().ethernet().ipv4().udp(999, 5353).payload(question).build(), ""},
        {"a port that shares the filter's bit",
         Packet().ethernet().ipv4().udp(53 + 64, 999).payload(question).build(), ""},
        {"one VLAN tag", Packet().ethernet().vlan(5).ipv4().udp().payload(question).build(), "udp message"},
        {"QinQ", Packet().ethernet().vlan(5, 0x88a8).vlan(6).ipv6().udp().payload(question).build(),
         "udp message"},
        {"another EtherType", Packet().ethernet().vlan(5, 0x0806).payload(question).build(), ""},
        {"IPv4 options (RFC 791)",
         Packet().ethernet().ipv4(client4, server4, 10).udp().payload(question).build(), "udp message"},
        {"IPv4 header of 16 octets",
         Packet().ethernet().ipv4().octet(0, 0x44).udp().payload(question).build(), "unknown bad_ip_header"},
        {"version 5", Packet().ethernet().ipv4().octet(0, 0x55).udp().payload(question).build(),
         "unknown bad_ip_header"},
        {"first fragment",
         Packet().ethernet().ipv4().fragment(0, true).udp().length(2000).payload(question).build(),
         "udp message"},
        {"later fragment", Packet().ethernet().ipv4().fragment(185, true).udp().payload(question).build(),
         "unknown fragment"},
        {"ends in the IPv4 header",
         cut(Packet().ethernet().vlan(5).ipv4().udp().payload(question).build(), 37),
         "unknown truncated_packet"},
        {"ends in the UDP header", cut(udp4().payload(question).build(), 41), "unknown truncated_packet"},
        {"ICMP", Packet().ethernet().ipv4().other(1, 64).build(), ""},
        {"hop by hop, routing and destination options (RFC 8200)",
         six().extension(0).extension(43, 24).extension(60, 16).udp().payload(question).build(),
         "udp message"},
        {"authentication header (RFC 4302)", six().extension(51, 24).udp().payload(question).build(),
         "udp message"},
        {"IPv6 first fragment", six().fragment(0, true).udp().length(2000).payload(question).build(),
         "udp message"},
        {"IPv6 later fragment", six().fragment(100, false).udp().payload(question).build(),
         "unknown fragment"},
        {"as many extension headers as are followed", destination_options(8).udp().payload(question).build(),
         "udp message"},
        {"one more", destination_options(9).udp().payload(question).build(), "unknown extension_headers"},
        {"ESP hides what follows", six().extension(50).payload(question).build(), ""},
        {"UDP length below its header's (RFC 768)",
         Packet().ethernet().ipv4().udp().length(7).payload(question).build(), "udp bad_udp_length"},
        {"UDP length beyond the packet's",
         Packet().ethernet().ipv4().udp().length(200).payload(question).build(), "udp bad_udp_length"},
        {"eleven octets", udp4().payload(short_message).build(), "udp short_header"},
        {"eleven octets, and padding behind them", udp4().payload(short_message).padding(20).build(),
         "udp short_header"},
        {"no payload", udp4().build(), "udp short_header"},
        {"no octet of what the headers promise", cut(udp4().payload(question).build(), 42),
         "udp truncated_packet"},
        {"less of the header than it promises", cut(udp4().payload(question).build(), 50),
         "udp truncated_packet"},
        {"raw IPv4", Packet().ipv4().udp().payload(question).build(), "udp message", false},
        {"raw IPv6 with an extension header", Packet().ipv6().extension(60).udp().payload(question).build(),
         "udp message", false},
        {"raw, of no IP version", Packet().ipv4().octet(0, 0x55).udp().payload(question).build(), "", false},
    };
}

std::vector<Case> message_cases() {
    const auto message = [](Dns dns) { return udp4().payload(dns.build()).build(); };
    const auto over_tcp = [](Bytes payload) { return tcp4().payload(std::move(payload)).build(); };
    return {
        {"header alone", message(Dns()), "udp message"},
        {"longest name (RFC 1035, 2.3.4)", message(Dns().question(name_of(255), 1)), "udp message"},
        {"one octet longer", message(Dns().question(name_of(256), 1)), "udp name_too_long"},
        {"label type 01 (RFC 6891, 5)", message(Dns().questions(1).raw({0x40, 0, 0, 1, 0, 1})),
         "udp bad_label"},
        {"label type 10", message(Dns().questions(1).raw({0x80, 0, 0, 1, 0, 1})), "udp bad_label"},
        {"pointer (RFC 1035, 4.1.4)", message(Dns().questions(1).raw({1, 'a', 0xc0, 12, 0, 1, 0, 1})),
         "udp compressed_question"},
        {"no question though one is promised", message(Dns().questions(1)), "udp truncated_question"},
        {"ends in a label", message(Dns().questions(1).raw({5, 'a', 'b'})), "udp truncated_question"},
        {"ends in the class", message(Dns().questions(1).raw({1, 'a', 0, 0, 1, 0})),
         "udp truncated_question"},
        {"TCP (RFC 1035, 4.2.2)", over_tcp(Dns().question("a.example", 1).build_tcp()), "tcp message"},
        {"TCP with options", Packet().ethernet().ipv6().tcp(53, 999, 10).payload(Dns().build_tcp()).build(),
         "tcp tcp_no_message_start"},  // a query without a question
        {"a bare acknowledgement", tcp4().build(), ""},
        {"TCP payload of one octet", over_tcp({0}), "tcp tcp_continuation"},
        {"TCP length below a header's", over_tcp(Bytes(20)), "tcp tcp_no_message_start"},
        {"middle of a TCP message", over_tcp(Bytes(300, 0x63)), "tcp tcp_no_message_start"},
        {"TCP header beyond the packet", Packet().ethernet().ipv4().tcp().octet(12, 0xf0).build(),
         "tcp truncated_packet"},
        {"TCP segment that ends in the question",
         over_tcp(cut(Dns().question("long.example.com", 1).build_tcp(), 20)), "tcp tcp_continuation"},
    };
}

// Each case is the beginning of a connection, though all have the same ports.
void begin_connections(Kernel& kernel, HookPoint hook) {
    constexpr uint8_t syn = 2;  // RFC 9293, 3.1
    kernel.see(hook, tcp4().octet(13, syn).build());
    kernel.see(hook, Packet().ethernet().ipv6().tcp(53, 999).octet(13, syn).build());
}

Counters expected(const Case& c) {
    return *c.counted == '\0' ? Counters{} : Counters{{std::string("packet ") + c.counted, 1}};
}

}  // namespace

TEST_CASE("Each packet is counted once, as a message or under its reason", "[count]") {
    Kernel kernel(GENERATE(from_range(variants())));
    std::vector<Case> cases = frame_cases();
    for (Case& c : message_cases()) cases.push_back(std::move(c));
    Counters before = kernel.counters();
    for (const Case& c : cases)
        for (const HookPoint hook : all_hooks) {
            if (is_ip_hook(hook) == c.ethernet) continue;
            INFO(c.what << " at " << hook_name(hook));
            if (c.ethernet) begin_connections(kernel, hook);
            kernel.see(hook, c.octets);
            Counters after = kernel.counters();
            CHECK(only(after - before, {"packet"}) == expected(c));
            before = std::move(after);
        }
}

TEST_CASE("A packet that is no message moves no other counter", "[count]") {
    Kernel kernel(GENERATE(from_range(variants())));
    std::vector<Case> cases = frame_cases();
    for (Case& c : message_cases()) cases.push_back(std::move(c));
    for (const Case& c : cases)
        if (std::string_view(c.counted).find(" message") == std::string_view::npos) {
            const HookPoint hook = c.ethernet ? HookPoint::tc_in : HookPoint::tc_in_ip;
            if (c.ethernet) begin_connections(kernel, hook);
            kernel.see(hook, c.octets);
        }
    const Counters counters = kernel.counters();
    CHECK(!counters.empty());
    CHECK(only(counters, {"packet", "flows"}) == counters);
}

// Segmentation offload: the first datagram is looked at, those behind it are counted. A guest's packet comes
// without their number, which follows from the sizes then.
TEST_CASE("The datagrams of one offloaded packet are counted", "[count]") {
    Kernel kernel(GENERATE(from_range(variants())));
    const uint32_t segments = GENERATE(3U, 0U);
    Bytes three = question;
    append(three, question);
    append(three, Bytes(question.begin(), question.end() - 5));
    const auto size = static_cast<uint32_t>(question.size());
    kernel.see(HookPoint::tc_out, udp4().payload(three).build(), {0, segments, size});
    const Counters counters = kernel.counters();
    CHECK(only(counters, {"packet", "octets"}) ==
          Counters{{"packet udp message", 1}, {"packet udp segmented", 2}, {"octets query udp", size}});
}

TEST_CASE("All listed ports are DNS ports", "[count]") {
    Config config;
    config.capture.ports = {53, 5353, 8053};
    Kernel kernel(GENERATE(from_range(variants())), config);
    for (const int port : {53, 5353, 8053, 54, 8053 - 64})
        kernel.see(
            HookPoint::tc_out,
            Packet().ethernet().ipv4().udp(40000, static_cast<uint16_t>(port)).payload(question).build());
    CHECK(only(kernel.counters(), {"packet"}) == Counters{{"packet udp message", 3}});
}
