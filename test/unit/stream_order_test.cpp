#include <catch2/catch.hpp>

#include "ebpf/dns_stream.h"
#include "test/support/stream_reading.h"

using namespace dnsexp::test;

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
