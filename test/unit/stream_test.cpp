#include "ebpf/dns_stream.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string_view>
#include <utility>

#include "test/support/stream_reading.h"

using namespace dnsexp::test;

namespace {

Bytes text(std::string_view characters) {
    return {characters.begin(), characters.end()};
}

}  // namespace

TEST_CASE("Every message of a segment is found (RFC 7766, 6.2.1.1: pipelining)") {
    REQUIRE(query(1).size() == each);
    Reading reading(queries(5));
    CHECK(reading.next(5 * each) == DNS_OK);
    CHECK(reading.ids() == Ids{1, 2, 3, 4, 5});
    CHECK(reading.errors_in_all() == 0);
}

TEST_CASE("A message may begin in the midst of a segment and end in the next") {
    for (uint32_t cut = each + 1; cut < 2 * each; ++cut) {
        INFO("cut at " << cut);
        Reading reading(queries(3));
        CHECK(reading.next(cut) == DNS_OK);
        CHECK(reading.ids() == Ids{1});
        CHECK(reading.next(3 * each - cut) == DNS_OK);
        CHECK(reading.ids() == Ids{1, 2, 3});
        CHECK(reading.errors_in_all() == 0);
    }
}

TEST_CASE("The length may come in a segment of its own, and in two") {
    Reading reading(queries(2));
    CHECK(reading.next(2) == DNS_TCP_CONTINUATION);
    CHECK(reading.next(each - 2) == DNS_OK);
    CHECK(reading.next(1) == DNS_TCP_CONTINUATION);
    CHECK(reading.next(1) == DNS_TCP_CONTINUATION);
    CHECK(reading.next(each - 2) == DNS_OK);
    CHECK(reading.ids() == Ids{1, 2});
    CHECK(reading.errors_in_all() == 0);
}

TEST_CASE("A stream may come octet by octet") {
    Reading reading(queries(3));
    for (uint32_t at = 1; at <= 3 * each; ++at) {
        INFO("octet " << at);
        CHECK(reading.next(1) == (at % each == 0 ? DNS_OK : DNS_TCP_CONTINUATION));
    }
    CHECK(reading.ids() == Ids{1, 2, 3});
    CHECK(reading.errors_in_all() == 0);
}

TEST_CASE("A message longer than a segment is found once, and the one behind it too") {
    Bytes stream = Dns().id(1).flags(qr).question("example.com", 252).raw(Bytes(4000, 0xff)).build_tcp();
    append(stream, query(2));
    const size_t whole = stream.size();
    Reading reading(stream);
    CHECK(reading.next(1460) == DNS_OK);
    CHECK(reading.next(1460) == DNS_TCP_CONTINUATION);
    CHECK(reading.next(whole - 2 * 1460) == DNS_OK);
    CHECK(reading.ids() == Ids{1, 2});
    CHECK(reading.seen[0].length == 12 + 13 + 4 + 4000);
}

TEST_CASE("A message as long as its length can say is passed over by its octets") {
    Bytes stream = Dns().id(1).flags(qr).question("", 252).raw(Bytes(65535 - 17, 0xff)).build_tcp();
    REQUIRE(stream.size() == 2 + 65535);
    append(stream, query(2));
    Reading reading(stream);
    for (size_t rest = stream.size(); rest > 0; rest -= std::min<size_t>(rest, 9000))
        reading.next(std::min<size_t>(rest, 9000));
    CHECK(reading.ids() == Ids{1, 2});
}

TEST_CASE("The longest question is put together from pieces of any size") {
    Bytes name;  // 255 octets (RFC 1035, 2.3.4)
    for (const uint8_t label : Bytes{63, 63, 63, 61}) {
        name.push_back(label);
        name.insert(name.end(), label, 0xe9);  // no ASCII: RFC 2181, 11
    }
    name.push_back(0);
    const Bytes message = Dns().id(7).question(name, 0x1234, 0x5678).build();
    Bytes stream = Dns().id(7).question(name, 0x1234, 0x5678).build_tcp();
    append(stream, query(8));
    for (const size_t piece : {1, 2, 3, 13, 14, 100, 136, 272, 273}) {
        INFO("pieces of " << piece);
        Reading reading(stream);
        for (size_t rest = stream.size(); rest > 0; rest -= std::min(rest, piece))
            reading.next(std::min(rest, piece));
        REQUIRE(reading.ids() == Ids{7, 8});
        CHECK(reading.seen[0].prefix == message);
        CHECK(reading.errors_in_all() == 0);
    }
}

TEST_CASE("A message is told with its place in the segment that completed its question") {
    Bytes stream = Dns().id(1).question("example.com", 1).raw(Bytes(11, 0xff)).build_tcp();  // 2 + 29 + 11
    append(stream, Dns().id(2).question("example.com", 1).raw(Bytes(11, 0xff)).build_tcp());
    Reading reading(stream);
    reading.next(20);
    reading.next(20);  // up to two octets before the first message's end
    REQUIRE(reading.seen.size() == 1);
    CHECK(reading.seen[0].begin == 0);
    CHECK(reading.seen[0].length == 40);
    CHECK(reading.seen[0].records == 2 + 29 - 20);
    CHECK(reading.seen[0].end == 2 + 40 - 20);
    CHECK(reading.seen[0].present == 20);
    reading.next(2 + 42);
    REQUIRE(reading.seen.size() == 2);
    CHECK(reading.seen[1].begin == 42);
    CHECK(reading.seen[1].records == 2 + 2 + 29);
    CHECK(reading.seen[1].end == 2 + 42);
    CHECK(reading.seen[1].present == 2 + 42);
}

TEST_CASE("Other protocols on a DNS port are not taken for messages") {
    const std::pair<const char*, Bytes> cases[] = {
        {"HTTP", text("GET /index.html HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: a\r\n\r\n")},
        {"HTTP answer", text("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")},
        // A TLS 1.2 record with a handshake (RFC 8446, 5.1): 22, 3, 1, length, 1 (ClientHello), length, 3, 3.
        {"TLS", {22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3, 0x5a, 0x1c, 9, 0xe4, 0x71, 0x33, 0x86, 0x10, 0xcf}},
        {"SSH", text("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u2\r\n")},
        {"zeros", Bytes(60)},
        {"ones", Bytes(60, 0xff)},
    };
    for (const auto& [name, octets] : cases) {
        INFO(name);
        Bytes twice = octets;
        append(twice, octets);
        Reading reading(twice);
        CHECK(reading.next(octets.size()) == DNS_TCP_NO_MESSAGE_START);
        CHECK(reading.next(octets.size()) == DNS_TCP_NO_MESSAGE_START);
        CHECK(reading.ids().empty());
    }
}

TEST_CASE("A segment that goes the wrong way is no beginning of a stream") {
    const Bytes response = Dns().id(1).flags(qr).question("example.com", 1).build_tcp();
    Reading asked(response, DNS_QUERY);
    CHECK(asked.next(response.size()) == DNS_TCP_NO_MESSAGE_START);
    Reading answered(response, DNS_RESPONSE);
    CHECK(answered.next(response.size()) == DNS_OK);
}

TEST_CASE("A length too short for a header is one error, and the stream out of step until it begins anew") {
    for (const uint8_t length : Bytes{0, 1, 11}) {
        INFO("length " << +length);
        Bytes stream = query(1);
        append(stream, {0, length});
        append(stream, Bytes(length, 0xff));
        append(stream, query(2));
        append(stream, query(3));
        const size_t whole = stream.size();
        Reading reading(stream);
        CHECK(reading.segment(0, whole - each) == DNS_OK);  // it has a message, so it counts as one
        CHECK(reading.errors[DNS_SHORT_HEADER] == 1);
        CHECK(reading.segment(whole - each, whole) == DNS_OK);
        CHECK(reading.ids() == Ids{1, 3});
        CHECK(reading.errors_in_all() == 1);
    }
    Reading alone({0, 0});
    CHECK(alone.next(2) == DNS_TCP_NO_MESSAGE_START);
}

TEST_CASE("A message may be a header alone") {
    Bytes stream = Dns().id(1).flags(qr | 1).build_tcp();   // FORMERR
    append(stream, Dns().id(2).flags(qr | 4).build_tcp());  // NOTIMP
    append(stream, Dns().id(3).flags(qr | 5).build_tcp());  // REFUSED
    for (size_t piece = 1; piece <= stream.size(); ++piece) {
        INFO("pieces of " << piece);
        Reading reading(stream);
        for (size_t rest = stream.size(); rest > 0; rest -= std::min(rest, piece))
            reading.next(std::min(rest, piece));
        CHECK(reading.ids() == Ids{1, 2, 3});
    }
}

TEST_CASE("The later messages of a zone transfer need no question (RFC 5936, 2.2.2)") {
    Bytes stream = Dns().id(9).flags(qr | aa).question("example.com", 252).raw(Bytes(900, 0xff)).build_tcp();
    append(stream, Dns().id(9).flags(qr | aa).raw(Bytes(900, 0xff)).build_tcp());
    append(stream, Dns().id(9).flags(qr | aa).raw(Bytes(900, 0xff)).build_tcp());
    Reading reading(stream, DNS_RESPONSE);
    for (size_t rest = stream.size(); rest > 0; rest -= std::min<size_t>(rest, 536))
        reading.next(std::min<size_t>(rest, 536));
    CHECK(reading.ids() == Ids{9, 9, 9});
    CHECK(reading.errors_in_all() == 0);
}

TEST_CASE("A message that can't be read is one error by its reason, and the next one is found") {
    const auto with_name = [](Bytes name) { return Dns().id(2).question(name, 1).build_tcp(); };
    const struct {
        const char* name;
        Bytes message;
        uint32_t reason;
    } cases[] = {
        {"compression pointer", with_name({0xc0, 0x0c}), DNS_COMPRESSED_QUESTION},
        {"label type 10", with_name({0x80}), DNS_BAD_LABEL},
        {"name without an end", with_name(Bytes(300, 1)), DNS_NAME_TOO_LONG},
        {"end within the question", Dns().id(2).questions(1).raw({3, 'c', 'o'}).build_tcp(),
         DNS_TRUNCATED_QUESTION},
    };
    for (const auto& c : cases) {
        for (const size_t piece : {1, 7, 5000}) {
            INFO(c.name << " in pieces of " << piece);
            Bytes stream = query(1);
            append(stream, c.message);
            append(stream, query(3));
            Reading reading(stream);
            for (size_t rest = stream.size(); rest > 0; rest -= std::min(rest, piece))
                reading.next(std::min(rest, piece));
            CHECK(reading.ids() == Ids{1, 3});
            CHECK(reading.errors[c.reason] == 1);
            CHECK(reading.errors_in_all() == 1);
        }
    }
}

TEST_CASE("Sequence numbers may wrap anywhere (RFC 9293, 3.4)") {
    for (uint32_t before = 1; before < 4 * each; ++before) {
        INFO(before << " octets before it");
        Reading in_order(queries(4), DNS_QUERY, 0U - before);
        for (uint32_t i = 0; i < 8; ++i) in_order.next(each / 2);
        CHECK(in_order.ids() == Ids{1, 2, 3, 4});
        Reading swapped(queries(4), DNS_QUERY, 0U - before);
        swapped.segment(0, each);
        swapped.segment(2 * each, 3 * each);
        swapped.segment(each, 2 * each);
        swapped.segment(3 * each, 4 * each);
        CHECK(swapped.ids() == Ids{1, 3, 2, 4});
        CHECK(swapped.segment(0, 4 * each) == DNS_TCP_RETRANSMISSION);
        CHECK(in_order.errors_in_all() + swapped.errors_in_all() == 0);
    }
}

TEST_CASE("A stream begins anew after a SYN, and where its entry was given away a half message is lost") {
    Reading reading(queries(3));
    reading.segment(0, each);
    CHECK(reading.forget() == 0);
    CHECK(reading.segment(0, each + 10) == DNS_OK);  // the same numbers: another connection
    CHECK(reading.forget(false) == 1);
    CHECK(reading.segment(2 * each, 3 * each) == DNS_OK);
    CHECK(reading.ids() == Ids{1, 1, 3});
}
