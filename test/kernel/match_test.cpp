// Queries and what becomes of them: matching, repetition, time. RFC 1035, 7.3 says what makes a response the
// query's.
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "test/kernel/kernel.h"

using namespace dnsexp;
using namespace dnsexp::test;
using std::chrono::milliseconds;

namespace {

constexpr uint32_t timeout_ms = 100;
constexpr uint32_t late_window_ms = 300;

Config quick_config() {
    Config config;
    config.capture.query_timeout_ms = timeout_ms;
    config.capture.late_window_ms = late_window_ms;
    config.metrics.latency_buckets_seconds = {0.02, 0.06, 0.5};
    return config;
}

// One client that asks one server from one port, and the counters that have moved since it last looked.
class Talk {
  public:
    explicit Talk(Variant variant, const Config& config = {}) : kernel_(variant, config) {}

    void ask(const Dns& dns, uint16_t port = 40000) {
        kernel_.see(HookPoint::tc_out, Packet().ethernet().ipv4().udp(port, 53).payload(dns.build()).build());
    }
    void answer(const Dns& dns, uint16_t port = 40000) {
        kernel_.see(HookPoint::tc_in,
                    Packet().ethernet().ipv4(server4, client4).udp(53, port).payload(dns.build()).build());
    }
    // Of transactions and responses; not those of packets and messages.
    Counters moved() {
        const Counters now = kernel_.counters();
        const Counters all = now - before_;
        before_ = now;
        return only(all, {"query", "response", "undelivered", "retransmission", "truncated", "unmatched",
                          "late ", "duplicate", "empty", "active"});
    }
    Kernel& kernel() { return kernel_; }

  private:
    Kernel kernel_;
    Counters before_;
};

Dns query(uint16_t id, std::string_view name = "www.example.com", uint16_t type = 1) {
    return Dns().id(id).flags(rd).question(name, type);
}
Dns response(uint16_t id, std::string_view name = "www.example.com", uint16_t type = 1, uint32_t rcode = 0) {
    return Dns().id(id).flags(qr | rd | ra | rcode).question(name, type).answer_a({192, 0, 2, 7});
}

constexpr uint64_t gone = ~uint64_t{0};  // a gauge that went down by one
const Counters waits = {{"active client", 1}};
const Counters answered = {{"active client", gone},
                           {"response 192.0.2.53 1 0 client udp", 1},
                           {"query 192.0.2.53 1 0 client udp", 1}};
// A response of the server that answers nothing.
Counters stray(const char* as, const char* type = "1", const char* rcode = "0") {
    return {{std::string(as) + " 192.0.2.53 client", 1},
            {std::string("response 192.0.2.53 ") + type + " " + rcode + " client udp", 1}};
}

void wait_ms(uint32_t ms) {
    std::this_thread::sleep_for(milliseconds(ms));
}

}  // namespace

TEST_CASE("Each RCODE is an outcome of its own", "[count]") {
    Talk talk(GENERATE(Variant::current, Variant::old));
    for (uint16_t rcode = 0; rcode < 16; ++rcode) {
        INFO("rcode " << rcode);
        talk.ask(query(rcode, "www.example.com", 15));
        talk.answer(response(rcode, "www.example.com", 15, rcode));
        const std::string what = " 192.0.2.53 15 " + std::to_string(rcode) + " client udp";
        CHECK(talk.moved() == Counters{{"query" + what, 1}, {"response" + what, 1}});
    }
}

TEST_CASE("A repeated query is one query, and a second answer is a duplicate", "[count]") {
    Talk talk(GENERATE(Variant::current, Variant::old));
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
    Talk talk(GENERATE(Variant::current, Variant::old));
    talk.ask(query(7));
    CHECK(talk.moved() == waits);
    talk.answer(response(8));
    CHECK(talk.moved() == stray("unmatched"));
    talk.answer(response(7), 40001);
    CHECK(talk.moved() == stray("unmatched"));
    talk.answer(response(7, "ww2.example.com"));
    CHECK(talk.moved() == stray("unmatched"));
    talk.answer(response(7, "www.example.com", 28));
    CHECK(talk.moved() == stray("unmatched", "28"));
    talk.answer(Dns().id(7).flags(qr).question("www.example.com", 1, 3).answers(1));
    CHECK(talk.moved() == stray("unmatched"));
    const Bytes from_another = Packet()
                                   .ethernet()
                                   .ipv4({192, 0, 2, 54}, client4)
                                   .udp(53, 40000)
                                   .payload(response(7).build())
                                   .build();
    talk.kernel().see(HookPoint::tc_in, from_another);
    CHECK(talk.moved() == Counters{{"unmatched other client", 1}, {"response other 1 0 client udp", 1}});
    talk.answer(response(7));
    CHECK(talk.moved() == answered);
}

TEST_CASE("Queries that differ in a part of the key wait beside each other", "[count]") {
    Talk talk(GENERATE(Variant::current, Variant::old));
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
    Talk talk(GENERATE(Variant::current, Variant::old));
    talk.ask(query(7, "wWw.ExAmPlE.CoM"));
    talk.ask(query(7, "www.example.com"));
    CHECK(talk.moved() == Counters{{"active client", 1}, {"retransmission 192.0.2.53 client", 1}});
    talk.answer(response(7, "WWW.EXAMPLE.COM"));
    CHECK(talk.moved() == answered);
}

TEST_CASE("A response without a question matches by the rest of the key", "[count]") {
    Talk talk(GENERATE(Variant::current, Variant::old));
    talk.ask(query(7));
    talk.answer(Dns().id(7).flags(qr | 1));
    CHECK(talk.moved() ==
          Counters{{"query 192.0.2.53 1 1 client udp", 1}, {"response 192.0.2.53 1 1 client udp", 1}});
}

TEST_CASE("Messages of other opcodes wait for nothing and answer nothing", "[count]") {
    Talk talk(GENERATE(Variant::current, Variant::old));
    const uint32_t update = opcode_bits(5);  // RFC 2136
    talk.ask(query(1));
    CHECK(talk.moved() == waits);
    talk.ask(query(7).flags(update));
    CHECK(talk.moved().empty());
    talk.answer(response(7).flags(qr | update | 5));
    CHECK(talk.moved() == Counters{{"response 192.0.2.53 1 5 client udp", 1}});
    talk.answer(response(1).flags(qr | update));
    CHECK(talk.moved() == Counters{{"response 192.0.2.53 1 0 client udp", 1}});
    talk.answer(response(1));
    CHECK(talk.moved() == answered);
}

// RFC 2308, 2.2: NODATA is NOERROR without an answer; with TC set, the answer may have been cut off.
TEST_CASE("Empty and truncated answers are told apart", "[count]") {
    Talk talk(GENERATE(Variant::current, Variant::old));
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
    Talk talk(GENERATE(Variant::current, Variant::old));
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
    Kernel kernel(GENERATE(Variant::current, Variant::old));
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

TEST_CASE("A query times out once it is older than the timeout; then its answer is late", "[count]") {
    Talk talk(GENERATE(Variant::current, Variant::old), quick_config());
    talk.ask(query(7));
    talk.kernel().sweep();
    CHECK(talk.moved() == waits);
    wait_ms(timeout_ms + 20);
    talk.kernel().sweep();
    CHECK(talk.moved() == Counters{{"active client", gone}, {"query 192.0.2.53 1 TIMEOUT client udp", 1}});
    const std::vector<dns_event> events = talk.kernel().take_events();
    REQUIRE(events.size() == 1);
    CHECK(events[0].outcome == DNS_OUTCOME_TIMEOUT);
    CHECK(events[0].swept == 1);
    CHECK(events[0].latency_ns > timeout_ms * 1'000'000);
    CHECK(events[0].query_size == 33);
    CHECK(Bytes(events[0].message, events[0].message + events[0].message_length) == query(7).build());
    talk.answer(response(7));
    CHECK(talk.moved() == stray("late"));
    talk.kernel().sweep();
    CHECK(talk.moved().empty());
}

TEST_CASE("An answer that comes before the sweep, but after the timeout, is late", "[count]") {
    Talk talk(GENERATE(Variant::current, Variant::old), quick_config());
    talk.ask(query(7));
    CHECK(talk.moved() == waits);
    wait_ms(timeout_ms + 20);
    talk.answer(response(7));
    Counters expected = stray("late");
    expected["active client"] = gone;
    expected["query 192.0.2.53 1 TIMEOUT client udp"] = 1;
    CHECK(talk.moved() == expected);
    CHECK(talk.kernel().take_events().size() == 1);
}

TEST_CASE("A query that is repeated after the timeout is a new one", "[count]") {
    Talk talk(GENERATE(Variant::current, Variant::old), quick_config());
    talk.ask(query(7));
    CHECK(talk.moved() == waits);
    wait_ms(timeout_ms + 20);
    talk.ask(query(7));
    talk.answer(response(7));
    const Counters moved = talk.moved();
    CHECK(only(moved, {"query", "retransmission"}) ==
          Counters{{"query 192.0.2.53 1 TIMEOUT client udp", 1}, {"query 192.0.2.53 1 0 client udp", 1}});
}

TEST_CASE("What is over for longer than the late window is forgotten", "[count]") {
    Talk talk(GENERATE(Variant::current, Variant::old), quick_config());
    talk.ask(query(7));
    talk.answer(response(7));
    talk.ask(query(8));
    wait_ms(timeout_ms + 20);
    talk.kernel().sweep();
    talk.moved();
    talk.answer(response(7));
    CHECK(talk.moved() == stray("duplicate"));
    wait_ms(timeout_ms + late_window_ms);
    talk.answer(response(7));
    CHECK(talk.moved() == stray("unmatched"));
    talk.kernel().sweep();
    talk.answer(response(8));
    CHECK(talk.moved() == stray("unmatched"));
}

TEST_CASE("A latency is in the bucket of its time, and its sum is that time", "[count]") {
    Talk talk(GENERATE(Variant::current, Variant::old), quick_config());
    const auto now = [] {
        return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
    };
    const uint64_t before_query = now();
    talk.ask(query(7));
    const uint64_t after_query = now();
    wait_ms(30);
    const uint64_t before_answer = now();
    talk.answer(response(7));
    const uint64_t after_answer = now();
    const RawSnapshot snapshot = talk.kernel().read();
    CHECK(snapshot.latency_edges_ns == std::vector<uint64_t>{20'000'000, 60'000'000, 500'000'000});
    REQUIRE(snapshot.latencies.size() == 1);
    dns_latency latency{};
    for (const dns_latency& cpu : snapshot.latencies[0].cpus) {
        latency.sum_ns += cpu.sum_ns;
        for (size_t i = 0; i < DNS_LATENCY_BUCKETS; ++i) latency.buckets[i] += cpu.buckets[i];
    }
    CHECK(latency.sum_ns >= before_answer - after_query);
    CHECK(latency.sum_ns <= after_answer - before_query);
    const size_t bucket = latency.sum_ns <= 60'000'000 ? 1 : 2;  // 2 on a machine that paused us
    CHECK(latency.buckets[bucket] == 1);
    CHECK(talk.kernel().take_events().at(0).latency_ns == latency.sum_ns);
}

// RFC 792: code 4 is path MTU discovery. RFC 4443, 3.1.
TEST_CASE("An ICMP message that a query did not reach its server counts for that server", "[count]") {
    Kernel kernel(GENERATE(Variant::current, Variant::old));
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
    CHECK((kernel.counters() - before).empty());
}
