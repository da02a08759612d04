// Writes the golden captures of packets that real tools don't send, or not at will. Run by hand; README.md.
// usage: golden_odd_packets FOLDER
#include <pcap/pcap.h>

#include <cstdio>
#include <memory>
#include <string>

#include "test/support/packet_builder.h"

using namespace dnsexp::test;

namespace {

constexpr int snap_length = 262144;
constexpr long first_second = 1'700'000'000;

class Writer {
  public:
    Writer(const std::string& path, int link_type)
        : format_(pcap_open_dead(link_type, snap_length)),
          file_(pcap_dump_open(format_.get(), path.c_str())) {
        if (!file_) std::fprintf(stderr, "%s\n", pcap_geterr(format_.get()));
    }
    // Milliseconds since the first packet.
    void at(long ms, const Bytes& packet) {
        if (!file_) return;
        pcap_pkthdr header{};
        header.ts = {first_second + ms / 1000, ms % 1000 * 1000};
        header.len = header.caplen = static_cast<bpf_u_int32>(packet.size());
        pcap_dump(reinterpret_cast<u_char*>(file_.get()), &header, packet.data());
    }
    void at(long ms, const Packet& packet) { at(ms, packet.build()); }

  private:
    struct Closer {
        void operator()(pcap_t* format) const { pcap_close(format); }
        void operator()(pcap_dumper_t* file) const { pcap_dump_close(file); }
    };
    std::unique_ptr<pcap_t, Closer> format_;
    std::unique_ptr<pcap_dumper_t, Closer> file_;
};

constexpr Address4 stranger4{198, 51, 100, 7}, other_server4{192, 0, 2, 54};
constexpr uint16_t type_a = 1, type_soa = 6, type_mx = 15, type_aaaa = 28;

Dns ask(uint16_t id, std::string_view name, uint16_t type = type_a) {
    return Dns().id(id).flags(rd).question(name, type);
}
Dns answer(uint16_t id, std::string_view name, uint16_t type = type_a, uint32_t rcode = 0) {
    return Dns().id(id).flags(qr | rd | ra | rcode).question(name, type);
}
Packet out(const Dns& dns) {
    return Packet().ethernet().ipv4(client4, server4).udp(40000, 53).payload(dns.build());
}
Packet in(const Dns& dns) {
    return Packet().ethernet().ipv4(server4, client4).udp(53, 40000).payload(dns.build());
}

// Queries and responses that meet, miss each other, come twice, late or never.
void write_matching(const std::string& folder) {
    Writer w(folder + "/matching.pcap", DLT_EN10MB);
    w.at(0, out(ask(1, "www.example.com")));
    w.at(10, in(answer(1, "www.example.com").answer_a({192, 0, 2, 80})));
    w.at(100, out(ask(2, "again.example.com")));
    w.at(1100, out(ask(2, "again.example.com")));
    w.at(1200, in(answer(2, "again.example.com").answer_a({192, 0, 2, 80})));
    w.at(1300, in(answer(2, "again.example.com").answer_a({192, 0, 2, 80})));
    w.at(2000, out(ask(3, "late.example.net")));
    w.at(8000, in(answer(3, "late.example.net").answer_a({192, 0, 2, 80})));
    w.at(8100, out(ask(4, "never.example.org")));
    w.at(8200, in(answer(5, "nobody.asked.example")));
    w.at(8300, out(ask(6, "elsewhere.example.com")));
    w.at(8310, Packet()
                   .ethernet()
                   .ipv4(other_server4, client4)
                   .udp(53, 40000)
                   .payload(answer(6, "elsewhere.example.com").build()));
    w.at(8400, out(ask(7, "wWw.eXaMpLe.CoM", type_aaaa)));
    w.at(8405, in(answer(7, "www.example.com", type_aaaa)));
    w.at(8500, out(ask(8, "type.example.com", type_a)));
    w.at(8510, in(answer(8, "type.example.com", type_mx)));
    w.at(8600, out(ask(9, "formerr.example.com")));
    w.at(8601, in(Dns().id(9).flags(qr | 1)));
    w.at(8700, out(ask(10, "tc.example.com")));
    w.at(8701, in(answer(10, "tc.example.com").flags(qr | tc | rd)));
    w.at(8800, out(ask(4, "never.example.org", type_aaaa)));
    w.at(14000, out(ask(4, "never.example.org", type_aaaa)));  // its first query has timed out
    w.at(14003, in(answer(4, "never.example.org", type_aaaa, 3)));
    for (uint16_t rcode = 0; rcode < 16; ++rcode) {
        w.at(15000 + rcode * 10, out(ask(static_cast<uint16_t>(100 + rcode), "rcode.example.com")));
        w.at(15001 + rcode * 11,
             in(answer(static_cast<uint16_t>(100 + rcode), "rcode.example.com", type_a, rcode)));
    }
    constexpr uint16_t unassigned_types[] = {255,   54,    65280, 65281, 65282, 65283,
                                             65284, 65285, 65286, 65287, 65288};
    for (const uint16_t type : unassigned_types) {
        w.at(16000, out(ask(type, "type.example.com", type)));
        w.at(16002, in(answer(type, "type.example.com", type)));
    }
    for (const uint32_t opcode : {1, 2, 4, 5, 6, 15}) {
        const Dns request = Dns().id(200).flags(opcode_bits(opcode)).question("example.com", type_soa);
        w.at(17000, out(request));
        w.at(17001, in(Dns(request).flags(qr | opcode_bits(opcode) | 4)));
    }
    w.at(18000, out(ask(11, "od\x01\xff\"\\d.example.com")));
    w.at(18001, in(answer(11, "od\x01\xff\"\\d.example.com", type_a, 3)));
    // The host as a server, and a query that is not for it.
    w.at(19000,
         Packet().ethernet().ipv4(stranger4, client4).udp(5000, 53).payload(ask(12, "own.example").build()));
    w.at(19002, Packet()
                    .ethernet()
                    .ipv4(client4, stranger4)
                    .udp(53, 5000)
                    .payload(answer(12, "own.example", type_a, 5).build()));
    w.at(19100,
         Packet().ethernet().ipv4(stranger4, server4).udp(5000, 53).payload(ask(13, "own.example").build()));
}

// Every way to a message: tags, options, extension headers, TCP, fragments.
void write_layers(const std::string& folder) {
    Writer w(folder + "/layers.pcap", DLT_EN10MB);
    const Bytes q = ask(1, "layers.example").build();
    const Bytes r = answer(1, "layers.example").answer_a({192, 0, 2, 80}).build();
    const auto tagged = [](int tags) {
        Packet packet = Packet().ethernet();
        for (int i = 0; i < tags; ++i)
            packet.vlan(static_cast<uint16_t>(10 + i), i + 1 < tags ? 0x88a8 : 0x8100);
        return packet;
    };
    for (int tags = 0; tags < 4; ++tags) {
        w.at(tags * 10, tagged(tags).ipv4().udp().payload(q));
        w.at(tags * 10 + 3, tagged(tags).ipv4(server4, client4).udp(53, 40000).payload(r));
        w.at(1000 + tags * 10, tagged(tags).ipv6().udp().payload(q));
        w.at(1000 + tags * 10 + 4, tagged(tags).ipv6(server6, client6).udp(53, 40000).payload(r));
    }
    w.at(2000, Packet().ethernet().ipv4(client4, server4, 3).udp().payload(q));
    w.at(2001, Packet().ethernet().ipv4(server4, client4, 10).udp(53, 40000).payload(r));
    w.at(3000, Packet().ethernet().ipv6().extension(0).extension(60, 16).udp().payload(q));
    w.at(3001, Packet().ethernet().ipv6(server6, client6).fragment(0, false).udp(53, 40000).payload(r));
    w.at(4000, Packet().ethernet().ipv4().tcp(40000, 53, 3).payload(ask(1, "layers.example").build_tcp()));
    w.at(4001, Packet().ethernet().ipv4(server4, client4).tcp(53, 40000).padding(6));  // bare acknowledgement
    w.at(4002, Packet()
                   .ethernet()
                   .ipv4(server4, client4)
                   .tcp(53, 40000, 3)
                   .payload(answer(1, "layers.example").build_tcp()));
    w.at(5000, Packet().ethernet().ipv4().udp(40000, 53).payload(q).padding(4));
    w.at(5001,
         Packet().ethernet().ipv4(server4, client4).fragment(0, true).udp(53, 40000).length(3000).payload(r));
    w.at(5001, Packet().ethernet().ipv4(server4, client4).fragment(185, false).other(17, 64));
    w.at(6000, Packet().ethernet().ipv4().udp(40000, 5353).payload(q));  // no DNS port
}

// One packet or two for each reason why a packet is no message; README.md has the table.
void write_malformed(const std::string& folder) {
    Writer w(folder + "/malformed.pcap", DLT_EN10MB);
    const Dns query = ask(1, "malformed.example");
    const auto raw = [](const Bytes& octets) { return Dns().questions(1).raw(octets); };
    Bytes too_long;
    for (int i = 0; i < 4; ++i) {
        too_long.push_back(63);
        too_long.insert(too_long.end(), 63, 'x');
    }
    too_long.insert(too_long.end(), {0, 0, 1, 0, 1});
    Packet nine_headers = Packet().ethernet().ipv6();
    for (int i = 0; i < 9; ++i) nine_headers.extension(60);

    w.at(0, out(query));
    w.at(1, Packet().ethernet().ipv4().udp().payload(Bytes(11)));
    w.at(2, Packet().ethernet().ipv4().udp());
    w.at(3, Packet().ethernet().ipv4().udp().length(200).payload(query.build()));
    w.at(4, Packet().ethernet().ipv6().udp().length(7).payload(query.build()));
    w.at(5, out(raw({0x41, 1, 0, 0, 1, 0, 1})));
    w.at(6, out(raw({1, 'a', 0x80, 0, 0, 1, 0, 1})));
    w.at(7, out(raw({0xc0, 12, 0, 1, 0, 1})));
    w.at(8, out(raw(too_long)));
    w.at(9, out(raw({3, 'w', 'w', 'w', 7, 'e', 'x'})));
    w.at(10, out(raw({1, 'a', 0, 0, 1, 0})));
    const Bytes whole = out(query).build();
    w.at(12, Bytes(whole.begin(), whole.begin() + 14 + 19));
    w.at(13, Bytes(whole.begin(), whole.begin() + 14 + 20 + 7));
    w.at(14, Packet().ethernet().ipv4().fragment(100, true).udp().payload(query.build()));
    w.at(15, Packet().ethernet().ipv6().fragment(100, false).udp().payload(query.build()));
    w.at(16, Packet().ethernet().ipv4().octet(0, 0x42).udp().payload(query.build()));
    w.at(17, Packet().ethernet().ipv6().octet(0, 0x50).udp().payload(query.build()));
    w.at(18, nine_headers.udp().payload(query.build()));
    w.at(19, Packet().ethernet().ipv4().tcp().payload(Bytes(40, 0xff)));
    w.at(20, Packet().ethernet().ipv4().tcp(40001).payload({0, 11}));  // shorter than a header
    w.at(21, Packet().ethernet().ipv4().tcp().octet(12, 0x10).payload(query.build_tcp()));
}

// More servers than have a slot of their own.
void write_many_servers(const std::string& folder) {
    Writer w(folder + "/many_servers.pcap", DLT_EN10MB);
    for (uint8_t i = 0; i < 36; ++i) {
        const Address4 server{203, 0, 113, static_cast<uint8_t>(100 + i)};
        w.at(
            i * 20,
            Packet().ethernet().ipv4(client4, server).udp(40000, 53).payload(ask(i, "many.example").build()));
        w.at(i * 20 + 1 + i % 3, Packet()
                                     .ethernet()
                                     .ipv4(server, client4)
                                     .udp(53, 40000)
                                     .payload(answer(i, "many.example").answer_a({192, 0, 2, 80}).build()));
    }
}

// A tun device's packets begin with their IP header.
void write_raw_ip(const std::string& folder) {
    Writer w(folder + "/raw_ip.pcap", DLT_RAW);
    w.at(0, Packet().ipv4().udp().payload(ask(1, "tun.example").build()));
    w.at(20,
         Packet().ipv4(server4, client4).udp(53, 40000).payload(answer(1, "tun.example", type_a, 2).build()));
    w.at(30, Packet().ipv6().udp().payload(ask(2, "tun.example", type_aaaa).build()));
    w.at(630,
         Packet().ipv6(server6, client6).udp(53, 40000).payload(answer(2, "tun.example", type_aaaa).build()));
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return std::fprintf(stderr, "usage: golden_odd_packets FOLDER\n"), 2;
    for (const auto write : {write_matching, write_layers, write_malformed, write_many_servers, write_raw_ip})
        write(argv[1]);
    return 0;
}
