#include "ebpf/dns_stream.h"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "test/support/dual_settings.h"
#include "test/support/packet_builder.h"
#include "test/support/stream_reader.h"

using namespace dnsexp::test;

namespace {

constexpr uint32_t first_sequence = 1000;

using Ids = std::vector<uint32_t>;

// Queries for 22-octet names: 2 + 12 + 22 + 4 = 40 octets of the stream each, with the ids 1, 2, 3 ...
constexpr uint32_t each = 40;
Bytes query(uint16_t id) {
    return Dns().id(id).flags(rd).question("my-name.of.22.octets", 1).build_tcp();
}
Bytes queries(uint16_t count) {
    Bytes stream;
    for (uint16_t id = 1; id <= count; ++id) append(stream, query(id));
    return stream;
}

struct Seen {
    uint32_t id, length, begin, records, end, present;
    Bytes prefix;
};

// Delivers pieces of a stream and writes down what comes of it.
class Reading {
  public:
    explicit Reading(Bytes stream, uint32_t expected = DNS_KINDS, uint32_t sequence = first_sequence)
        : stream_(std::move(stream)), expected_(expected), sequence_(sequence) {}

    // The stream's octets [from, to) as one segment. Returns what it counts as.
    uint32_t segment(size_t from, size_t to) {
        const Bytes payload(stream_.begin() + static_cast<ptrdiff_t>(from),
                            stream_.begin() + static_cast<ptrdiff_t>(to));
        const StreamResult counts = reader_.segment(
            sequence_ + static_cast<uint32_t>(from), payload, expected_, [this](const StreamMessage& m) {
                seen.push_back({m.message.id, m.length, m.begin - sequence_, m.records, m.end, m.present,
                                Bytes(m.prefix.begin(), m.prefix.end())});
            });
        CHECK(counts.finished);
        for (size_t i = 0; i < errors.size(); ++i) errors[i] += counts.errors[i];
        return counts.result;
    }
    // From where the last piece ended.
    uint32_t next(size_t octets) {
        at_ += octets;
        return segment(at_ - octets, at_);
    }
    uint32_t forget(bool ended = true) { return reader_.forget(ended); }

    [[nodiscard]] Ids ids() const {
        Ids ids;
        for (const Seen& message : seen) ids.push_back(message.id);
        return ids;
    }
    [[nodiscard]] uint32_t errors_in_all() const {
        uint32_t sum = 0;
        for (const uint32_t count : errors) sum += count;
        return sum;
    }

    std::vector<Seen> seen;
    std::array<uint32_t, DNS_REASONS> errors{};

  private:
    Bytes stream_;
    uint32_t expected_, sequence_;
    size_t at_ = 0;
    StreamReader reader_{fixed_hash_keys()};
};

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

TEST_CASE("Segments that begin with messages are all read where one overtakes another") {
    Reading reading(queries(3));
    CHECK(reading.segment(0, each) == DNS_OK);
    CHECK(reading.segment(2 * each, 3 * each) == DNS_OK);
    CHECK(reading.segment(each, 2 * each) == DNS_OK);
    CHECK(reading.segment(2 * each, 3 * each) == DNS_TCP_RETRANSMISSION);
    CHECK(reading.ids() == Ids{1, 3, 2});
    CHECK(reading.errors_in_all() == 0);
}

TEST_CASE("Behind a hole the stream is read on, and across it once it is filled") {
    Reading reading(queries(8));
    CHECK(reading.segment(0, each + 10) == DNS_OK);             // 1, and a piece of 2
    CHECK(reading.segment(4 * each, 5 * each + 10) == DNS_OK);  // 5, and a piece of 6
    CHECK(reading.segment(5 * each + 10, 6 * each) == DNS_OK);  // 6
    CHECK(reading.segment(each + 10, 3 * each) == DNS_OK);      // 2 and 3
    CHECK(reading.segment(3 * each, 7 * each) == DNS_OK);       // 4 fills it; 5 and 6 again; 7
    CHECK(reading.segment(7 * each, 8 * each) == DNS_OK);
    CHECK(reading.ids() == Ids{1, 5, 6, 2, 3, 4, 7, 8});
    CHECK(reading.errors_in_all() == 0);
}

TEST_CASE("A segment that overtakes and does not begin with a message is counted as out of order") {
    Reading reading(queries(6));
    CHECK(reading.segment(0, each) == DNS_OK);
    CHECK(reading.segment(2 * each + 7, 4 * each) == DNS_TCP_OUT_OF_ORDER);  // a piece of 3, and 4
    CHECK(reading.segment(each, 2 * each + 7) == DNS_OK);  // 2: and 3 is not to be read any more
    CHECK(reading.errors[DNS_TCP_LOST] == 1);
    CHECK(reading.segment(4 * each, 6 * each) == DNS_OK);  // begins with a message
    CHECK(reading.ids() == Ids{1, 2, 5, 6});
    CHECK(reading.errors_in_all() == 1);
}

TEST_CASE("A hole in one long message costs nothing, whatever lies behind it") {
    Bytes stream = Dns().id(1).flags(qr).question("example.com", 252).raw(Bytes(4000, 0xff)).build_tcp();
    const size_t long_one = stream.size();
    append(stream, query(2));
    Reading reading(stream);
    CHECK(reading.segment(0, 1000) == DNS_OK);
    CHECK(reading.segment(2000, 3000) == DNS_TCP_CONTINUATION);
    reading.segment(1000, 2000);  // which octets were seen is not kept where none of them is needed
    CHECK(reading.segment(3000, long_one) == DNS_TCP_CONTINUATION);
    CHECK(reading.segment(long_one, long_one + each) == DNS_OK);
    CHECK(reading.ids() == Ids{1, 2});
    CHECK(reading.errors_in_all() == 0);
}

TEST_CASE("What was seen before is a retransmission and is not counted again") {
    Reading reading(queries(3));
    CHECK(reading.segment(0, 2 * each) == DNS_OK);
    CHECK(reading.segment(0, 2 * each) == DNS_TCP_RETRANSMISSION);
    CHECK(reading.segment(0, each) == DNS_TCP_RETRANSMISSION);
    CHECK(reading.segment(each + 5, 2 * each) == DNS_TCP_RETRANSMISSION);
    CHECK(reading.segment(2 * each, 3 * each) == DNS_OK);
    CHECK(reading.segment(2 * each - 1, 2 * each) ==
          DNS_TCP_RETRANSMISSION);  // a keep-alive (RFC 9293, 3.8.4)
    CHECK(reading.ids() == Ids{1, 2, 3});
    CHECK(reading.errors_in_all() == 0);
}

TEST_CASE("Of a segment that overlaps only what is new is read") {
    Reading reading(queries(4));
    CHECK(reading.segment(0, each + 20) == DNS_OK);
    CHECK(reading.segment(each - 5, 2 * each) == DNS_OK);  // repacketised
    CHECK(reading.segment(0, 4 * each) == DNS_OK);
    CHECK(reading.ids() == Ids{1, 2, 3, 4});
    CHECK(reading.errors_in_all() == 0);
}

TEST_CASE("Where a segment is never seen, the stream is read on from one that begins with a message") {
    Reading reading(queries(9));
    CHECK(reading.segment(0, each + 20) == DNS_OK);
    // Octets up to 3 * each are missing.
    CHECK(reading.segment(3 * each, 4 * each) == DNS_OK);
    CHECK(reading.segment(4 * each, 5 * each + 20) == DNS_OK);
    CHECK(reading.segment(5 * each + 20, 7 * each) == DNS_OK);
    CHECK(reading.ids() == Ids{1, 4, 5, 6, 7});
    CHECK(reading.errors_in_all() == 0);  // the hole may yet be filled
    CHECK(reading.segment(8 * each, 9 * each) == DNS_OK);
    CHECK(reading.errors[DNS_TCP_LOST] == 1);  // but not that one any more
    CHECK(reading.ids() == Ids{1, 4, 5, 6, 7, 9});
}

TEST_CASE("A stream of which a hole was given up goes on where the second hole is filled") {
    Reading reading(queries(6));
    CHECK(reading.segment(0, each) == DNS_OK);
    CHECK(reading.segment(2 * each, 3 * each) == DNS_OK);
    CHECK(reading.segment(4 * each, 5 * each) == DNS_OK);
    CHECK(reading.errors[DNS_TCP_LOST] == 1);  // of the first hole
    CHECK(reading.segment(3 * each, 4 * each) == DNS_OK);
    CHECK(reading.segment(5 * each, 6 * each) == DNS_OK);
    CHECK(reading.ids() == Ids{1, 3, 5, 4, 6});
    CHECK(reading.errors_in_all() == 1);
}

TEST_CASE("The first two segments may come in the wrong order") {
    Reading reading(queries(4));
    CHECK(reading.segment(2 * each, 3 * each) == DNS_OK);
    CHECK(reading.segment(0, 2 * each) == DNS_OK);
    CHECK(reading.segment(3 * each, 4 * each) == DNS_OK);
    CHECK(reading.segment(0, 4 * each) == DNS_TCP_RETRANSMISSION);
    CHECK(reading.ids() == Ids{3, 1, 2, 4});
    CHECK(reading.errors_in_all() == 0);
}

TEST_CASE("Octets before the first segment that hold no whole question are lost, and the stream goes on") {
    Reading reading(queries(3));
    CHECK(reading.segment(each, 2 * each) == DNS_OK);
    CHECK(reading.segment(each - 10, each) == DNS_TCP_CONTINUATION);  // may be the beginning of a message
    CHECK(reading.errors[DNS_TCP_LOST] == 1);
    CHECK(reading.segment(2 * each, 3 * each) == DNS_OK);
    CHECK(reading.ids() == Ids{2, 3});
}

TEST_CASE("A segment from before the first one is not called seen where it can't be read any more") {
    Reading reading(queries(6));
    CHECK(reading.segment(2 * each, 3 * each) == DNS_OK);
    CHECK(reading.segment(4 * each, 5 * each) == DNS_OK);           // behind a hole
    CHECK(reading.segment(0, 2 * each) == DNS_TCP_OUT_OF_ORDER);    // before all, with the hole open
    CHECK(reading.segment(0, 2 * each) == DNS_TCP_RETRANSMISSION);  // now it was seen
    CHECK(reading.segment(3 * each, 4 * each) == DNS_OK);
    CHECK(reading.segment(5 * each, 6 * each) == DNS_OK);
    CHECK(reading.ids() == Ids{3, 5, 4, 6});

    Reading half(queries(3));
    CHECK(half.segment(each, each + 10) == DNS_TCP_CONTINUATION);  // a piece of 2, which proves nothing
    CHECK(half.segment(0, each) == DNS_TCP_OUT_OF_ORDER);
    CHECK(half.segment(each + 10, 3 * each) == DNS_OK);
    CHECK(half.ids() == Ids{2, 3});
}

TEST_CASE("Where a stream is out of step, what was counted before is not counted again") {
    Bytes stream = query(1);
    append(stream, {0, 0});
    append(stream, query(2));
    append(stream, query(3));
    Reading reading(stream);
    CHECK(reading.segment(0, each + 2) == DNS_OK);
    CHECK(reading.segment(0, 2 * each + 2) == DNS_TCP_NO_MESSAGE_START);  // all of it again, and more
    CHECK(reading.segment(2 * each + 2, 3 * each + 2) == DNS_OK);
    CHECK(reading.ids() == Ids{1, 3});
}

TEST_CASE(
    "Messages behind a hole are not counted again where their stream breaks off and the hole is filled") {
    Bytes stream = queries(3);
    append(stream, {0, 0});
    append(stream, query(4));
    Reading reading(stream);
    CHECK(reading.segment(0, each) == DNS_OK);
    CHECK(reading.segment(2 * each, 3 * each + 2) == DNS_OK);
    CHECK(reading.errors[DNS_SHORT_HEADER] == 1);
    CHECK(reading.errors[DNS_TCP_LOST] == 1);  // of the hole
    reading.segment(each, 3 * each);
    CHECK(reading.segment(3 * each + 2, 4 * each + 2) == DNS_OK);
    CHECK(reading.ids() == Ids{1, 3, 4});
}

TEST_CASE("An island in the midst of a message is given up as soon as that message is known") {
    // The second message's records hold what looks like a message, where a segment begins.
    constexpr uint32_t rest = 30;  // octets of records behind the decoy
    Bytes stream = query(1);
    append(stream, Dns().id(2).question("example.com", 16).raw(query(99)).raw(Bytes(rest, 0xff)).build_tcp());
    append(stream, query(3));
    append(stream, query(4));
    const size_t decoy = each + 2 + 29, third = decoy + each + rest;
    Reading reading(stream);
    CHECK(reading.segment(0, each) == DNS_OK);
    SECTION("and the stream is followed on where that message ends behind all that was seen") {
        CHECK(reading.segment(decoy, decoy + each) == DNS_OK);
        CHECK(reading.segment(each, decoy) == DNS_OK);
        CHECK(reading.segment(decoy + each, third + 2 * each) == DNS_OK);
        CHECK(reading.ids() == Ids{1, 99, 2, 3, 4});  // the decoy was counted before it could be known
        CHECK(reading.errors_in_all() == 0);
    }
    SECTION("and the stream is out of step where other messages were read with it") {
        CHECK(reading.segment(decoy, third + 20) == DNS_OK);
        CHECK(reading.segment(each, decoy) == DNS_OK);
        CHECK(reading.errors[DNS_TCP_LOST] == 1);
        CHECK(reading.segment(third + 20, third + each) == DNS_TCP_NO_MESSAGE_START);
        CHECK(reading.segment(third + each, third + 2 * each) == DNS_OK);
        CHECK(reading.ids() == Ids{1, 99, 2, 4});
    }
}

TEST_CASE("An island that begins within a message's question is given up, and that message lost") {
    Bytes decoy = query(99);
    decoy[1] = static_cast<uint8_t>(decoy[1] + 5);  // up to the end of the message around it
    Bytes name = {40};                              // of one label, the decoy
    append(name, decoy);
    name.push_back(0);
    Bytes stream = query(1);
    append(stream, Dns().id(2).question(name, 1).build_tcp());
    append(stream, query(3));
    const size_t at = each + 2 + 12 + 1, third = stream.size() - each;
    Reading reading(stream);
    CHECK(reading.segment(0, each) == DNS_OK);
    CHECK(reading.segment(at, third) == DNS_OK);
    CHECK(reading.segment(each, at) == DNS_TCP_CONTINUATION);
    CHECK(reading.errors[DNS_TCP_LOST] == 1);
    CHECK(reading.segment(third, third + each) == DNS_OK);
    CHECK(reading.ids() == Ids{1, 99, 3});
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
