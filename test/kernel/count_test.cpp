// What one message moves: direction, kind, sizes, flags, server slots, types.
#include <catch2/catch.hpp>

#include "test/kernel/corpus.h"
#include "test/kernel/kernel.h"

using namespace dnsexp;
using namespace dnsexp::test;

namespace {

constexpr uint16_t client_port = 40000;

Dns query_for(std::string_view name, uint16_t type = 1) {
    return Dns().id(7).flags(rd).question(name, type);
}
Dns answer_for(std::string_view name, uint16_t type = 1) {
    return Dns().id(7).flags(qr | rd | ra).question(name, type).answer_a({192, 0, 2, 7});
}
Bytes to_server(const Bytes& message, const Address4& server = server4) {
    return Packet().ethernet().ipv4(client4, server).udp(client_port, 53).payload(message).build();
}
Bytes from_server(const Bytes& message, const Address4& server = server4) {
    return Packet().ethernet().ipv4(server, client4).udp(53, client_port).payload(message).build();
}

}  // namespace

TEST_CASE("A query and its answer move these counters and no others", "[count]") {
    Kernel kernel(GENERATE(from_range(variants())));
    const Bytes query = query_for("www.example.com", 28).build();
    const Bytes answer = answer_for("www.example.com", 28).build();
    kernel.see(HookPoint::tc_out, to_server(query));
    const Counters after_query = kernel.counters();
    CHECK(after_query == Counters{{"packet udp message", 1},
                                  {"message other egress query udp ipv4", 1},
                                  {"opcode query 0", 1},
                                  {"flags query rd", 1},
                                  {"size query udp <=64", 1},
                                  {"octets query udp", 33},
                                  {"active client", 1}});
    kernel.see(HookPoint::tc_in, from_server(answer));
    CHECK(kernel.counters() - after_query == Counters{{"packet udp message", 1},
                                                      {"message other ingress response udp ipv4", 1},
                                                      {"opcode response 0", 1},
                                                      {"flags response rd+ra", 1},
                                                      {"size response udp <=64", 1},
                                                      {"octets response udp", 49},
                                                      {"response 192.0.2.53 28 0 client udp", 1},
                                                      {"query 192.0.2.53 28 0 client udp", 1},
                                                      {"latency 192.0.2.53 client AAAA", 1},
                                                      {"event submitted", 1},
                                                      {"active client", uint64_t{0} - 1}});
}

TEST_CASE("Each hook knows direction and role; protocol and IP version are the packet's", "[count]") {
    Kernel kernel(GENERATE(from_range(variants())));
    struct Case {
        HookPoint hook;
        const char *direction, *query_role, *response_role;
    };
    // Response: from an address that is never asked, so that it has no slot of its own.
    const auto frame = [](HookPoint hook, bool tcp, bool ipv6, uint16_t port, bool response) {
        Packet packet;
        if (!is_ip_hook(hook)) packet.ethernet();
        ipv6 ? packet.ipv6() : packet.ipv4();
        response ? (tcp ? packet.tcp(53, port) : packet.udp(53, port))
                 : (tcp ? packet.tcp(port, 53) : packet.udp(port, 53));
        const Dns dns = response ? answer_for("b.example") : query_for("a.example");
        return packet.payload(tcp ? dns.build_tcp() : dns.build()).build();
    };
    Counters before;
    uint16_t port = client_port;
    for (const Case& c : {Case{HookPoint::tc_in, "ingress", "server", "client"},
                          Case{HookPoint::xdp_in, "ingress", "server", "client"},
                          Case{HookPoint::tc_in_ip, "ingress", "server", "client"},
                          Case{HookPoint::tc_out, "egress", "client", "server"},
                          Case{HookPoint::tc_out_ip, "egress", "client", "server"},
                          Case{HookPoint::tc_lo, "egress", "local", "local"}})
        for (const bool tcp : {false, true})
            for (const bool ipv6 : {false, true}) {
                const std::string how = std::string(tcp ? " tcp" : " udp") + (ipv6 ? " ipv6" : " ipv4");
                const std::string there = std::string("message other ") + c.direction;
                INFO(hook_name(c.hook) << how);
                kernel.see(c.hook, frame(c.hook, tcp, ipv6, ++port, false));
                kernel.see(c.hook, frame(c.hook, tcp, ipv6, port, true));
                const Counters after = kernel.counters();
                CHECK(only(after - before, {"message", "active", "unmatched"}) ==
                      Counters{{there + " query" + how, 1},
                               {there + " response" + how, 1},
                               {std::string("active ") + c.query_role, 1},
                               // To us in the client role, from us in the server role.
                               {std::string("unmatched other ") + c.response_role, 1}});
                before = after;
            }
}

TEST_CASE("Messages are counted by size, its edges inclusive", "[count]") {
    Kernel kernel(GENERATE(from_range(variants())));
    struct Case {
        uint32_t octets;
        const char* edge;
    };
    Counters before;
    for (const Case& c :
         {Case{12, "<=32"}, Case{32, "<=32"}, Case{33, "<=64"}, Case{512, "<=512"}, Case{513, "<=1232"},
          Case{1232, "<=1232"}, Case{1233, "<=1452"}, Case{1453, "<=4096"}}) {
        INFO(c.octets);
        kernel.see(HookPoint::tc_out, to_server(Dns().raw(Bytes(c.octets - 12)).build()));
        const Counters after = kernel.counters();
        CHECK(only(after - before, {"size", "octets"}) ==
              Counters{{std::string("size query udp ") + c.edge, 1}, {"octets query udp", c.octets}});
        before = after;
    }
}

TEST_CASE("A TCP message's size is its length prefix, though the segment holds less", "[count]") {
    Kernel kernel(GENERATE(from_range(variants())));
    Bytes payload = answer_for("big.example").raw(Bytes(20'000)).build_tcp();
    payload.resize(1400);
    kernel.see(HookPoint::tc_in, Packet().ethernet().ipv4().tcp(53, client_port).payload(payload).build());
    const Counters counters = kernel.counters();
    const uint64_t octets = 12 + 13 + 4 + 16 + 20'000;  // header, name, type and class, answer, rest
    CHECK(only(counters, {"size", "octets"}) ==
          Counters{{"size response tcp <=65535", 1}, {"octets response tcp", octets}});
}

// RFC 1035, 4.1.1; RFC 4035, 3.1.6.
TEST_CASE("Flags and opcodes are counted by kind", "[count]") {
    Kernel kernel(GENERATE(from_range(variants())));
    struct Case {
        uint32_t flags;
        const char *flag_counter, *opcode_counter;
    };
    Counters before;
    for (const Case& c :
         {Case{0, "flags query none", "opcode query 0"}, Case{rd | cd, "flags query rd+cd", "opcode query 0"},
          Case{qr | aa | opcode_bits(4), "flags response aa", "opcode response 4"},
          Case{qr | aa | tc | rd | ra | ad | cd, "flags response aa+tc+rd+ra+ad+cd", "opcode response 0"},
          Case{static_cast<uint32_t>(opcode_bits(15)) | z, "flags query none", "opcode query 15"}}) {
        INFO(c.flags);
        kernel.see(HookPoint::tc_in, to_server(Dns().flags(c.flags).build()));
        const Counters after = kernel.counters();
        CHECK(only(after - before, {"flags", "opcode"}) ==
              Counters{{c.flag_counter, 1}, {c.opcode_counter, 1}});
        before = after;
    }
}

TEST_CASE("In the client role a server gets its slot by a query, in the server role an own address only",
          "[count]") {
    Kernel kernel(GENERATE(from_range(variants())));
    const Address4 stranger{203, 0, 113, 9}, silent{203, 0, 113, 10};
    kernel.own({address_of(server4)});
    const auto slots = [&] {
        std::vector<std::string> addresses;
        for (const auto& [slot, address] : kernel.read().server_slots)
            addresses.push_back(address_text(address));
        std::sort(addresses.begin(), addresses.end());
        return addresses;
    };
    kernel.see(HookPoint::tc_in, from_server(answer_for("a.example").build(), stranger));
    kernel.see(HookPoint::tc_out, from_server(answer_for("a.example").build(), silent));
    CHECK(slots().empty());  // unsolicited responses never
    kernel.see(HookPoint::tc_in, to_server(query_for("a.example").build(), stranger));
    CHECK(slots().empty());  // forwarded past us: not our server
    kernel.see(HookPoint::tc_in, to_server(query_for("a.example").build(), server4));
    CHECK(slots() == std::vector<std::string>{"192.0.2.53"});
    kernel.see(HookPoint::tc_out, to_server(query_for("a.example").build(), stranger));
    CHECK(slots() == std::vector<std::string>{"192.0.2.53", "203.0.113.9"});
    kernel.see(HookPoint::tc_lo, to_server(query_for("a.example").build(), {127, 0, 0, 53}));
    CHECK(slots() == std::vector<std::string>{"127.0.0.53", "192.0.2.53", "203.0.113.9"});
}

TEST_CASE("An IPv6 server has a slot of its own", "[count]") {
    Kernel kernel(GENERATE(from_range(variants())));
    kernel.own({address_of(server6)});
    kernel.see(HookPoint::tc_in,
               Packet().ethernet().ipv6().udp().payload(query_for("a.example").build()).build());
    const RawSnapshot snapshot = kernel.read();
    REQUIRE(snapshot.server_slots.size() == 1);
    CHECK(address_text(snapshot.server_slots[0].second) == "2001:db8::53");
}

TEST_CASE("XDP and TC count the same packets alike", "[count]") {
    const Variant variant = GENERATE(from_range(variants()));
    Kernel by_tc(variant), by_xdp(variant);
    for (const NamedPacket& packet : shaped_packets()) {
        if (!packet.ethernet || packet.octets.size() > kMostLinear) continue;
        by_tc.see(HookPoint::tc_in, packet.octets);
        by_xdp.see(HookPoint::xdp_in, packet.octets);
    }
    CHECK(by_tc.counters() == by_xdp.counters());
    CHECK(by_tc.counters().at("packet udp message") > 20);
}
