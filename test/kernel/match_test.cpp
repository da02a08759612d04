// Which response answers which query, and what is counted of both. RFC 1035, 7.3 says what makes a response
// the query's.
#include <catch2/catch.hpp>

#include "test/kernel/talk.h"

using namespace dnsexp;
using namespace dnsexp::test;

TEST_CASE("Each RCODE is an outcome of its own", "[count]") {
    Talk talk(GENERATE(from_range(variants())));
    for (uint16_t rcode = 0; rcode < 16; ++rcode) {
        INFO("rcode " << rcode);
        talk.ask(query(rcode, "www.example.com", 15));
        talk.answer(response(rcode, "www.example.com", 15, rcode));
        const std::string what = " 192.0.2.53 15 " + std::to_string(rcode) + " client udp";
        CHECK(talk.moved() == Counters{{"query" + what, 1}, {"response" + what, 1}});
    }
}

TEST_CASE("A repeated query is one query, and a second answer is a duplicate", "[count]") {
    Talk talk(GENERATE(from_range(variants())));
    talk.ask(query(7));
    CHECK(talk.moved() == waits);
    talk.ask(query(7));
    CHECK(talk.moved() == Counters{{"retransmission 192.0.2.53 client", 1}});
    talk.answer(response(7));
    CHECK(talk.moved() == answered);
    talk.answer(response(7));
    CHECK(talk.moved() == stray("duplicate"));
    talk.ask(query(7));  // answered before: a new query
    CHECK(talk.moved() == waits);
}

TEST_CASE("A response that differs in any part of the key is unmatched", "[count]") {
    Talk talk(GENERATE(from_range(variants())));
    talk.ask(query(7));
    CHECK(talk.moved() == waits);
    talk.answer(response(8));
    CHECK(talk.moved() == stray("unmatched"));
    talk.answer(response(7), 40001);
    CHECK(talk.moved() == stray("unmatched"));
    talk.answer(response(7, "ww2.example.com"));
    CHECK(talk.moved() == stray("unmatched"));
    talk.answer(response(7, "www.example.com", 28));
    CHECK(talk.moved() == stray("unmatched"));
    talk.answer(Dns().id(7).flags(qr).question("www.example.com", 1, 3).answers(1));
    CHECK(talk.moved() == stray("unmatched"));
    const Bytes from_another = Packet()
                                   .ethernet()
                                   .ipv4({192, 0, 2, 54}, client4)
                                   .udp(53, 40000)
                                   .payload(response(7).build())
                                   .build();
    talk.kernel().see(HookPoint::tc_in, from_another);
    CHECK(talk.moved() == Counters{{"unmatched other client", 1}, {"response other other 0 client udp", 1}});
    talk.answer(response(7));
    CHECK(talk.moved() == answered);
}

TEST_CASE("Queries that differ in a part of the key wait beside each other", "[count]") {
    Talk talk(GENERATE(from_range(variants())));
    talk.ask(query(7));
    talk.ask(query(8));
    talk.ask(query(7), 40001);
    talk.ask(query(7, "ww2.example.com"));
    talk.ask(query(7, "www.example.com", 28));
    CHECK(talk.moved() == Counters{{"active client", 5}});
    talk.answer(response(7));
    CHECK(talk.moved() == answered);
}

TEST_CASE("A name's case does not matter, in query or answer", "[count]") {
    Talk talk(GENERATE(from_range(variants())));
    talk.ask(query(7, "wWw.ExAmPlE.CoM"));
    talk.ask(query(7, "www.example.com"));
    CHECK(talk.moved() == Counters{{"active client", 1}, {"retransmission 192.0.2.53 client", 1}});
    talk.answer(response(7, "WWW.EXAMPLE.COM"));
    CHECK(talk.moved() == answered);
}

TEST_CASE("A response without a question matches by the rest of the key", "[count]") {
    Talk talk(GENERATE(from_range(variants())));
    talk.ask(query(7));
    talk.answer(Dns().id(7).flags(qr | 1));
    CHECK(talk.moved() ==
          Counters{{"query 192.0.2.53 1 1 client udp", 1}, {"response 192.0.2.53 1 1 client udp", 1}});
}

TEST_CASE("Messages of other opcodes wait for nothing and answer nothing", "[count]") {
    Talk talk(GENERATE(from_range(variants())));
    const uint32_t update = opcode_bits(5);  // RFC 2136
    talk.ask(query(1));
    CHECK(talk.moved() == waits);
    talk.ask(query(7).flags(update));
    CHECK(talk.moved().empty());
    talk.answer(response(7).flags(qr | update | 5));
    CHECK(talk.moved() == Counters{{"response 192.0.2.53 other 5 client udp", 1}});
    talk.answer(response(1).flags(qr | update));
    CHECK(talk.moved() == Counters{{"response 192.0.2.53 other 0 client udp", 1}});
    talk.answer(response(1));
    CHECK(talk.moved() == answered);
}

// RFC 2308, 2.2: NODATA is NOERROR without an answer; with TC set, the answer may have been cut off.
TEST_CASE("Empty and truncated answers are told apart", "[count]") {
    Talk talk(GENERATE(from_range(variants())));
    const auto moved_by = [&](const Dns& dns) {
        talk.ask(query(7));
        talk.answer(dns);
        return only(talk.moved(), {"empty", "truncated"});
    };
    CHECK(moved_by(response(7).answers(0)) == Counters{{"empty 192.0.2.53 client", 1}});
    CHECK(moved_by(response(7).flags(qr | tc).answers(0)) == Counters{{"truncated 192.0.2.53 client", 1}});
    CHECK(moved_by(response(7).flags(qr | 3).answers(0)).empty());
    CHECK(moved_by(response(7)).empty());
}

TEST_CASE("An event tells who asked whom, what, and how it ended", "[count]") {
    Talk talk(GENERATE(from_range(variants())));
    const Bytes asked = query(0xbeef, "wWw.Example.com", 28).build();
    const Bytes answer = response(0xbeef, "WWW.example.com", 28, 3).build();
    talk.ask(query(0xbeef, "wWw.Example.com", 28), 40123);
    talk.answer(response(0xbeef, "WWW.example.com", 28, 3), 40123);
    const std::vector<dns_event> events = talk.kernel().take_events();
    REQUIRE(events.size() == 1);
    const dns_event& event = events[0];
    CHECK(address_text(event.client) == "192.0.2.1");
    CHECK(address_text(event.server) == "192.0.2.53");
    CHECK(event.client_port == 40123);
    CHECK(event.server_port == 53);
    CHECK(event.outcome == 3);
    CHECK(event.role == DNS_ROLE_CLIENT);
    CHECK(event.transport == DNS_UDP);
    CHECK(event.ip == DNS_IPV4);
    CHECK(event.type == 28);
    CHECK(event.server_slot == 1);
    CHECK(event.ifindex == 1);
    CHECK(event.response_size == answer.size());
    CHECK(Bytes(event.message, event.message + event.message_length) ==
          Bytes(answer.begin(), answer.begin() + 33));
    CHECK(asked.size() == 33);
}

TEST_CASE("A TCP answer is matched, and not with a UDP query", "[count]") {
    Kernel kernel(GENERATE(from_range(variants())));
    const auto tcp = [](bool out, const Dns& dns) {
        Packet packet;
        packet.ethernet();
        out ? packet.ipv6() : packet.ipv6(server6, client6);
        out ? packet.tcp(40000, 53, 3) : packet.tcp(53, 40000, 3);
        return packet.payload(dns.build_tcp()).build();
    };
    kernel.see(HookPoint::tc_out, Packet().ethernet().ipv6().udp().payload(query(7).build()).build());
    kernel.see(HookPoint::tc_out, tcp(true, query(7)));
    kernel.see(HookPoint::tc_in, tcp(false, response(7)));
    CHECK(only(kernel.counters(), {"query", "response", "active"}) ==
          Counters{{"active client", 1},
                   {"query 2001:db8::53 1 0 client tcp", 1},
                   {"response 2001:db8::53 1 0 client tcp", 1}});
    const std::vector<dns_event> events = kernel.take_events();
    REQUIRE(events.size() == 1);
    CHECK(Bytes(events[0].message, events[0].message + 4) ==
          Bytes{0, 7, 0x81, 0x80});  // not the length prefix
}

// RFC 792: code 4 is path MTU discovery. RFC 4443, 3.1.
TEST_CASE("An ICMP message that a query did not reach its server counts for that server", "[count]") {
    Kernel kernel(GENERATE(from_range(variants())));
    const auto quoted4 = Packet().ipv4().udp(40000, 53).payload(query(7).build()).build();
    const auto quoted6 = Packet().ipv6().udp(40000, 53).payload(query(7).build()).build();
    const auto icmp = [](uint8_t type, uint8_t code, const Bytes& quoted) {
        const bool six = quoted[0] >> 4 == 6;
        Packet packet;
        packet.ethernet();
        six ? packet.ipv6(server6, client6).other(58, 8) : packet.ipv4(server4, client4).other(1, 8);
        return packet.octet(0, type).octet(1, code).payload(quoted).build();
    };
    kernel.see(HookPoint::tc_out, Packet().ethernet().ipv4().udp().payload(query(7).build()).build());
    kernel.see(HookPoint::tc_out, Packet().ethernet().ipv6().udp().payload(query(7).build()).build());
    const HookPoint in = GENERATE(HookPoint::tc_in, HookPoint::xdp_in);
    kernel.see(in, icmp(3, 3, quoted4));
    kernel.see(
        in, icmp(3, 1,
                 Bytes(quoted4.begin(), quoted4.begin() + 28)));  // eight octets are all that must be quoted
    kernel.see(in, icmp(1, 4, quoted6));
    CHECK(only(kernel.counters(), {"unreachable"}) ==
          Counters{{"unreachable 192.0.2.53 client", 2}, {"unreachable 2001:db8::53 client", 1}});
    const Counters before = kernel.counters();
    kernel.see(in, icmp(3, 4, quoted4));
    kernel.see(in, icmp(8, 0, quoted4));
    kernel.see(in, icmp(3, 3, Bytes(quoted4.begin(), quoted4.begin() + 23)));
    kernel.see(in, icmp(3, 3, Packet().ipv4().udp(53, 40000).payload(response(7).build()).build()));
    kernel.see(in, icmp(2, 0, quoted6));
    Packet later_fragment;  // begins with what only looks like ICMP
    later_fragment.ethernet().ipv4(server4, client4).fragment(185, false).other(1, 8).octet(0, 3).octet(1, 3);
    kernel.see(in, later_fragment.payload(quoted4).build());
    CHECK((kernel.counters() - before).empty());
}
