"""TCP segments that come out of order, again, overlapping, cut, or not at all: made by hand, since no tool sends them at
will. Each test knows how many messages it sent, and in how many segments with payload."""

import random
import unittest

from lab import SharedLab, check_ledgers, dns
from lab.frames import PROTO_TCP, SYN, ethernet_ip, ip, prefixed, tcp

CLIENT, SERVER = "10.1.0.2", "10.1.0.1"
CLIENT6, SERVER6 = "fd00:1::2", "fd00:1::1"
SEED = 20260101


class Connection:
    """The octets of one connection from the client, and segments that carry pieces of them."""

    _port = 20000

    def __init__(self, messages, start=1000, ends=(CLIENT, SERVER), port=None):
        Connection._port += 1
        self.port = port or Connection._port
        self.octets = b"".join(prefixed(message) for message in messages)
        self.edges = [0]  # where each message begins, and where the last one ends
        for message in messages:
            self.edges.append(self.edges[-1] + 2 + len(message))
        self._start, self._ends = start, ends

    def piece(self, begin, end):
        return ethernet_ip(ip(*self._ends, PROTO_TCP, tcp(self.port, 53, self._start + begin, self.octets[begin:end])))

    def pieces(self, *cuts):
        """Segments between the cuts, in order."""
        return [self.piece(begin, end) for begin, end in zip(cuts, cuts[1:])]

    def by_message(self):
        return self.pieces(*self.edges)

    def syn(self):
        return ethernet_ip(ip(*self._ends, PROTO_TCP, tcp(self.port, 53, self._start - 1, flags=SYN)))


def queries(count):
    return [dns.query(number, f"h{number}.{dns.ZONE}") for number in range(count)]


class SegmentsTest(SharedLab):
    """Nobody answers, so each query that was counted ends as a TIMEOUT: at the end, as many as there were messages."""

    @classmethod
    def prepare(cls, lab):
        a, b = lab.two_hosts(ipv6=False)
        cls.watch = lab.exporter(a, ["ab"], {"capture": {"query_timeout_ms": 2000}})
        cls.link = lab.wire(b, "ba")

    @classmethod
    def tearDownClass(cls):
        page = cls.watch.quiet_scrape()
        check_ledgers(cls.lab, page)
        cls.lab.assertEqual({"TIMEOUT": page.sum("dns_messages_total")}, page.by("dns_queries_total", "rcode"))

    def setUp(self):
        self.before = self.watch.still_scrape()

    def since(self):
        return self.watch.still_scrape() - self.before

    def finish(self, messages, segments, errors=None, **results):
        """`segments` were sent and held `messages`; `results` are those of the segments that were no `message`. No two of
        the messages are the same, so one that is counted twice shows as a retransmission too."""
        page = self.since()
        self.assertEqual({"query": messages}, page.by("dns_messages_total", "kind"))
        self.assertEqual(0, page.sum("dns_query_retransmissions_total"))
        self.assertEqual(errors or {}, page.by("dns_parse_errors_total", "reason"))
        counted = page.by("dns_packets_total", "result", protocol="tcp")
        self.assertEqual(segments, sum(counted.values()))
        for result, count in results.items():
            self.assertEqual(count, counted.pop(result, 0), result)
        self.assertEqual({"message": segments - sum(results.values())}, counted)
        self.assertEqual(0, page.sum("dns_packets_total", protocol="unknown"))

    def test_in_order(self):
        connection = Connection(queries(3))
        self.link.send(connection.syn(), *connection.by_message())
        self.finish(3, 3)

    def test_ipv6(self):
        connection = Connection(queries(5), ends=(CLIENT6, SERVER6))
        one, two, *rest = connection.by_message()
        self.link.send(connection.syn(), two, one, *rest)
        self.finish(5, 5)

    def test_segments_that_overtake_each_other(self):
        connection = Connection(queries(4))
        one, two, three, four = connection.by_message()
        self.link.send(connection.syn(), one, three, two, four)
        self.finish(4, 4)

    def test_the_first_segments_overtake_each_other(self):
        one, two, three = Connection(queries(3)).by_message()
        self.link.send(two, one, three)
        self.finish(3, 3)

    def test_segments_that_come_again_are_no_messages(self):
        segments = Connection(queries(3)).by_message()
        self.link.send(*segments, *segments, segments[1])
        self.finish(3, 7, tcp_retransmission=4)

    def test_segments_that_overlap(self):
        """Each segment begins in the midst of the message before its own."""
        connection = Connection(queries(5))
        edges = connection.edges
        self.link.send(connection.piece(0, edges[1]),
                       *(connection.piece(edges[i] - 10, edges[i + 1]) for i in range(1, 5)))
        self.finish(5, 5)

    def test_one_segment_that_repeats_two_and_brings_a_third(self):
        connection = Connection(queries(3))
        one, two, _ = connection.by_message()
        self.link.send(one, two, connection.piece(0, connection.edges[3]))
        self.finish(3, 3)

    def test_a_head_cut_at_each_octet(self):
        """Everywhere in length, header, name, type and class: what lies before the cut is no message yet."""
        count = len(prefixed(queries(1)[0]))
        for cut in range(1, count):
            connection = Connection([dns.query(cut, f"h1.{dns.ZONE}")])
            self.link.send(*connection.pieces(0, cut, count))
        self.finish(count - 1, 2 * (count - 1), tcp_continuation=count - 1)

    def test_one_octet_a_segment(self):
        connection = Connection(queries(20))
        self.link.send(*connection.pieces(*range(len(connection.octets) + 1)))
        self.finish(20, len(connection.octets), tcp_continuation=len(connection.octets) - 20)

    def test_a_message_longer_than_its_segments(self):
        """The question is in the first; what follows it is the message's, whatever it looks like."""
        long = dns.query(1, f"h1.{dns.ZONE}")
        fake = prefixed(dns.query(77, "fake.test"))
        connection = Connection([long + fake * 40, dns.query(2, f"h2.{dns.ZONE}")])
        first = len(prefixed(long))
        middle = [first + at * len(fake) for at in range(41)]
        self.link.send(*connection.pieces(0, *middle, len(connection.octets)))
        self.finish(2, 42, tcp_continuation=40)

    def test_a_segment_that_never_comes(self):
        """The one message in it is missed, and no other: each of these segments begins with a message. The hole is on
        the ledger when the connection's ports are used again."""
        connection = Connection(queries(10))
        segments = connection.by_message()
        self.link.send(*segments[:3], *segments[4:])
        again = Connection([dns.query(99, f"h99.{dns.ZONE}")], port=connection.port)
        self.link.send(again.syn(), *again.by_message())
        self.finish(10, 10, {"tcp_lost": 1})

    def test_a_lost_segment_where_segments_do_not_begin_with_messages(self):
        """Cut ten octets into each message. The third segment is lost; so the second message is never complete, what
        follows is out of order until a segment begins with a message, and then all is well again."""
        connection = Connection(queries(10))
        edges = connection.edges
        one, two, _, four, five = connection.pieces(0, *(edge + 10 for edge in edges[1:5]), edges[5])
        self.link.send(connection.syn(), one, two, four, five, *connection.pieces(*edges[5:]))
        page = self.since()
        # Messages 1 and 2 before the hole, 6 to 10 behind it; 3 lies in the hole, 4 and 5 in what could not be read.
        self.assertEqual({"query": 7}, page.by("dns_messages_total", "kind"))
        self.assertEqual({"message": 7, "tcp_out_of_order": 2}, page.by("dns_packets_total", "result", protocol="tcp"))

    def test_ports_used_again(self):
        """With a SYN the old stream is over, wherever the new one's sequence numbers are."""
        for start in (1000, 900, 5000, 0xFFFFFFF0, 1):
            connection = Connection([dns.query(start & 0xFFFF, f"h{start & 0xff}.{dns.ZONE}")], start, port=30000)
            self.link.send(connection.syn(), *connection.by_message())
        self.finish(5, 5)

    def test_sequence_numbers_that_wrap(self):
        connection = Connection(queries(6), start=0xFFFFFFFF - 60)
        one, two, three, *rest = connection.by_message()
        self.link.send(connection.syn(), one, three, two, *rest, two)
        self.finish(6, 7, tcp_retransmission=1)

    def test_any_cut_with_repetitions(self):
        """In order, but cut anywhere, and with segments that come again: each message counts once."""
        dice = random.Random(SEED)
        messages = segments = 0
        for _ in range(40):
            connection = Connection(queries(dice.randint(1, 30)), start=dice.getrandbits(32))
            length = len(connection.octets)
            cuts = sorted({0, length, *(dice.randrange(length) for _ in range(dice.randint(0, 40)))})
            pieces = connection.pieces(*cuts)
            for at in range(len(pieces)):
                self.link.send(pieces[at])
                segments += 1
                if dice.random() < 0.2:
                    self.link.send(pieces[dice.randint(0, at)])
                    segments += 1
            messages += len(connection.edges) - 1
        page = self.since()
        self.assertEqual({"query": messages}, page.by("dns_messages_total", "kind"))
        self.assertEqual(segments, page.sum("dns_packets_total", protocol="tcp"))
        self.assertEqual({}, page.by("dns_parse_errors_total", "reason"))

    def test_neighbours_that_swap_places(self):
        """Segments that hold whole messages, each pair of them in any order: each message counts once."""
        dice = random.Random(SEED)
        messages = 0
        for _ in range(40):
            connection = Connection(queries(20), start=dice.getrandbits(32))
            pieces = connection.by_message()
            self.link.send(connection.syn(), pieces[0])
            for left, right in zip(pieces[1:-1:2], pieces[2::2]):
                self.link.send(*((left, right) if dice.random() < 0.5 else (right, left)))
            self.link.send(pieces[-1])
            messages += 20
        self.finish(messages, messages)


if __name__ == "__main__":
    unittest.main()
