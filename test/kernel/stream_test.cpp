// TCP streams through the loaded programs: messages that are cut, joined, repeated and lost, and the bounds
// of the table.
#include <catch2/catch.hpp>
#include <random>

#include "test/kernel/kernel.h"

using namespace dnsexp;
using namespace dnsexp::test;

namespace {

// A connection's direction from the client to the server, or back.
Bytes segment(const Bytes& stream, size_t from, size_t to, uint16_t port = 40000, bool back = false) {
    const Bytes payload(stream.begin() + static_cast<ptrdiff_t>(from),
                        stream.begin() + static_cast<ptrdiff_t>(to));
    Packet packet = Packet().ethernet();
    if (back)
        packet.ipv4(server4, client4).tcp(53, port);
    else
        packet.ipv4().tcp(port, 53);
    for (size_t i = 0; i < 4; ++i) packet.octet(4 + i, static_cast<uint8_t>(from >> (24 - 8 * i)));
    return packet.payload(payload).build();
}

Bytes queries(uint16_t count) {
    Bytes stream;
    for (uint16_t id = 0; id < count; ++id)
        append(stream,
               Dns().id(id).flags(rd).question("name" + std::to_string(id) + ".example", 1).build_tcp());
    return stream;
}

Bytes answers(uint16_t count) {
    Bytes stream;
    for (uint16_t id = 0; id < count; ++id)
        append(stream, Dns()
                           .id(id)
                           .flags(qr | rd | ra)
                           .question("name" + std::to_string(id) + ".example", 1)
                           .answer_a({192, 0, 2, 7})
                           .build_tcp());
    return stream;
}

void send(Kernel& kernel, HookPoint hook, const Bytes& stream, size_t least, size_t most, bool back = false) {
    std::mt19937_64 random(11);
    for (size_t at = 0; at < stream.size();) {
        const size_t length = std::min<size_t>(least + random() % (most - least + 1), stream.size() - at);
        kernel.see(hook, segment(stream, at, at + length, 40000, back));
        at += length;
    }
}

uint64_t count_of(const Counters& counters, const std::string& name) {
    const auto found = counters.find(name);
    return found == counters.end() ? 0 : found->second;
}

}  // namespace

TEST_CASE("However a stream is cut, each message counts once and finds its answer", "[count]") {
    const auto [least, most] = GENERATE(
        std::pair<size_t, size_t>{1, 1}, std::pair<size_t, size_t>{1, 7}, std::pair<size_t, size_t>{20, 60},
        std::pair<size_t, size_t>{700, 1460}, std::pair<size_t, size_t>{3000, 3000});
    Kernel kernel(GENERATE(from_range(variants())));
    constexpr uint16_t count = 300;
    send(kernel, HookPoint::tc_out, queries(count), least, most);
    send(kernel, HookPoint::tc_in, answers(count), least, most, true);
    const Counters counters = kernel.counters();
    CHECK(count_of(counters, "query 192.0.2.53 1 0 client tcp") == count);
    CHECK(count_of(counters, "response 192.0.2.53 1 0 client tcp") == count);
    CHECK(only(counters, {"stream_error", "unmatched", "retransmission"}).empty());
}

TEST_CASE("Segments in any order count their messages once, at every hook", "[count]") {
    Kernel kernel(GENERATE(from_range(variants())));
    const Bytes stream = queries(4);
    const size_t each = stream.size() / 4;
    for (const HookPoint hook : {HookPoint::tc_in, HookPoint::tc_out, HookPoint::tc_lo, HookPoint::xdp_in}) {
        INFO(hook_name(hook));
        const auto port = static_cast<uint16_t>(41000 + static_cast<int>(hook));
        const uint64_t before = count_of(kernel.counters(), "opcode query 0");
        for (const size_t i : {size_t{0}, size_t{2}, size_t{2}, size_t{1}, size_t{3}, size_t{0}})
            kernel.see(hook, segment(stream, i * each, (i + 1) * each, port));
        CHECK(count_of(kernel.counters(), "opcode query 0") - before == 4);
    }
    CHECK(only(kernel.counters(), {"stream_error"}).empty());
}

TEST_CASE("What a lost segment held is counted as lost, and the stream goes on", "[count]") {
    Kernel kernel(GENERATE(from_range(variants())));
    const Bytes stream = queries(9);
    const size_t each = stream.size() / 9;
    for (const size_t i : {size_t{0}, size_t{2}, size_t{3}, size_t{5}, size_t{6}})  // 1 and 4 never come
        kernel.see(HookPoint::tc_out, segment(stream, i * each, (i + 1) * each));
    const Counters counters = kernel.counters();
    CHECK(count_of(counters, "opcode query 0") == 5);
    CHECK(count_of(counters, "stream_error tcp_lost") ==
          1);  // of the first hole; the second may still be filled
}

TEST_CASE("A segment of 64 KiB is read to its end", "[count]") {
    // As large as test_run takes in one piece: what is behind is in page fragments in the kernel's own
    // packets.
    Kernel kernel(GENERATE(from_range(variants())));
    Bytes shortest;
    for (uint16_t id = 0; id < 200; ++id) append(shortest, Dns().id(id).flags(qr).build_tcp());
    const Bytes packet = segment(shortest, 0, shortest.size(), 40000, true);
    REQUIRE(packet.size() < kMostLinear);
    kernel.see(HookPoint::tc_in, packet);
    CHECK(count_of(kernel.counters(), "opcode response 0") == 200);
}

TEST_CASE("Half-open and abandoned streams fill a bounded table, the idle ones give way first", "[limits]") {
    Kernel kernel(GENERATE(from_range(variants())));
    const Bytes stream = queries(2);
    const size_t each = stream.size() / 2;
    constexpr uint16_t waiting = 64;
    for (uint16_t i = 0; i < waiting; ++i)  // half a message each
        kernel.see(HookPoint::tc_out, segment(stream, 0, 20, static_cast<uint16_t>(2000 + i)));
    for (uint32_t i = 0; i < 20'000; ++i)  // a whole message, then silence
        kernel.see(HookPoint::tc_out, segment(stream, 0, each, static_cast<uint16_t>(10'000 + i)));
    for (uint16_t i = 0; i < waiting; ++i)
        kernel.see(HookPoint::tc_out, segment(stream, 20, each, static_cast<uint16_t>(2000 + i)));
    const Counters counters = kernel.counters();
    CHECK(count_of(counters, "opcode query 0") == 20'000 + waiting);
    CHECK(count_of(counters, "flows new") == 20'000 + waiting);
    CHECK(count_of(counters, "flows new") - count_of(counters, "flows evicted") <= DNS_FLOWS);
    CHECK(only(counters, {"stream_error"}).empty());

    for (uint32_t i = 0; i < 4 * DNS_FLOWS; ++i)  // more half messages than there are entries
        kernel.see(HookPoint::tc_in, segment(stream, 0, 20, static_cast<uint16_t>(10'000 + i)));
    const Counters after = kernel.counters();
    const uint64_t held = count_of(after, "flows new") - count_of(after, "flows evicted");
    CHECK(held <= DNS_FLOWS);
    CHECK(count_of(after, "stream_error tcp_lost") >= 3 * DNS_FLOWS);  // each is told
}
