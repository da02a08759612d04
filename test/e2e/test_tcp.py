"""DNS over TCP as real clients and servers speak it: many messages a segment, and messages in many segments."""

import unittest

from lab import SharedLab, dns, fewer
from lab.ends import BothEnds
from lab.frames import prefixed
from lab.servers import dig
from lab.stream import Stream

NSD, NAMED = "10.1.0.2", "10.1.0.3"
DEPTHS = (1, 10, 100)  # queries outstanding per connection
CLASSES = ("message", "tcp_continuation")  # of segments that are no retransmission


class PipelineTest(BothEnds):
    def run_depths(self, lines):
        """Each depth in turn: how many queries lie in one segment differs, what is counted must not."""
        for depth in DEPTHS:
            with self.subTest(depth=depth):
                pages = self.measure("tcp", lines, lambda d=depth: self.dnsperf_pipelined(self.a, "10.1.0.2", lines, d))
                result = pages[2][0]
                self.assertEqual((len(lines), 0), (result.sent, result.lost))
                for page in pages[:2]:
                    # What was not counted, would be here: in no segment does anything else begin than messages.
                    self.assertLessEqual(set(page.by("dns_packets_total", "result", protocol="tcp")), set(CLASSES))

    def test_an_authoritative_server(self):
        self.start(self.nsd)
        self.run_depths(dns.questions(fewer(20000)))

    def test_a_resolver(self):
        self.start(lambda space: self.unbound(space, "10.1.0.2"))
        self.run_depths(dns.questions(fewer(20000)))


def queries(count, first=0):
    return [dns.query(first + number, f"h{(first + number) % dns.HOSTS}.{dns.ZONE}") for number in range(count)]


class SegmentsTest(SharedLab):
    """Clients that cut their stream into segments in their own ways. The kernel's count of each connection's segments with
    payload is the truth for how many there were."""

    needs = ("named",)

    @classmethod
    def prepare(cls, lab):
        cls.a, cls.b = lab.two_hosts()
        cls.b.ip("addr", "add", f"{NAMED}/24", "dev", "ba")
        lab.nsd(cls.b, NSD)
        lab.named(cls.b, NAMED)
        cls.at_client = lab.exporter(cls.a, ["ab"])
        cls.at_server = lab.exporter(cls.b, ["ba"])

    def setUp(self):
        self.before = self.at_client.quiet_scrape(), self.at_server.quiet_scrape()

    def check(self, messages, responses, segments, errors=None, rcodes=None, duplicates=0):
        """`segments` is what the client's connections say."""
        for exporter, before, role in ((self.at_client, self.before[0], "client"), (self.at_server, self.before[1], "server")):
            with self.subTest(role=role):
                after = exporter.quiet_scrape()
                self.check_ledgers(after)
                page = after - before
                kinds = {"query": messages, "response": responses}
                self.assertEqual(kinds, page.by("dns_messages_total", "kind", protocol="tcp"))
                self.assertEqual(rcodes or {"NOERROR": messages}, page.by("dns_queries_total", "rcode"))
                self.assertEqual(errors or {}, page.by("dns_parse_errors_total", "reason"))
                self.assertEqual(duplicates, page.sum("dns_responses_duplicate_total"))
                self.assertEqual(0, page.sum("dns_responses_unmatched_total") + page.sum("dns_responses_late_total"))
                if segments:
                    self.assertEqual(segments[0] + segments[1], page.sum("dns_packets_total", protocol="tcp"))

    def exchange(self, messages, cut, server=NSD):
        """Sends each message as cut(octets) says, reads each answer before the next, and returns the segments."""
        with Stream(self.a, server) as stream:
            for message in messages:
                stream.write(*cut(prefixed(message)))
                self.assertEqual(message[:2], stream.read(1)[0][:2])
            return stream.payload_segments()

    def test_length_and_message_in_two_writes(self):
        segments = self.exchange(queries(500), lambda octets: (octets[:2], octets[2:]))
        self.assertEqual(1000, segments[0] - segments[2])
        self.check(500, 500, segments)

    def test_the_length_itself_is_cut(self):
        segments = self.exchange(queries(500), lambda octets: (octets[:1], octets[1:]))
        self.assertEqual(1000, segments[0] - segments[2])
        self.check(500, 500, segments)

    def test_octet_by_octet(self):
        messages = queries(20)
        segments = self.exchange(messages, lambda octets: [octets[at:at + 1] for at in range(len(octets))])
        self.check(20, 20, segments)
        self.assertGreater(segments[0], 20 * 10)  # the kernel may join some, not most

    def test_many_messages_in_one_write(self):
        """200 messages of more than 64 KiB together: none begins where a segment begins but the first."""
        padding = b"\0" + b"\0\x29\x04\xd0\0\0\0\0" + b"\x01\x54" + b"\0\x0c\x01\x50" + b"\0" * 336  # RFC 7830
        padded = [message[:10] + b"\0\x01" + message[12:] + padding for message in queries(200)]
        burst = b"".join(prefixed(message) for message in padded)
        self.assertGreater(len(burst), 65536)
        with Stream(self.a, NSD) as stream:
            stream.write(burst)
            answers = stream.read(200)
        self.assertEqual([message[:2] for message in padded], [answer[:2] for answer in answers])
        self.check(200, 200, None)
        page = self.at_server.quiet_scrape() - self.before[1]
        self.assertEqual((200, 200 * 0x04D0), (page.sum("dns_edns_udp_payload_bytes_count"),
                                               page.sum("dns_edns_udp_payload_bytes_sum")))

    def test_a_client_that_stops_after_one_octet(self):
        """Its octet is a segment and no message, and others are not held up by it."""
        with Stream(self.a, NSD) as silent:
            silent.write(b"\0")
            segments = self.exchange(queries(50), lambda octets: (octets,))
            half_open = silent.payload_segments()
        self.assertEqual((1, 0), half_open[:2])
        self.check(50, 50, (segments[0] + half_open[0], segments[1]))

    def test_what_is_no_dns(self):
        """HTTP on port 53: each segment is an error, and no message is invented."""
        with Stream(self.a, NSD) as stream:
            stream.write(b"GET / HTTP/1.1\r\nHost: example.test\r\n\r\n")
            segments = stream.payload_segments()
        self.assertEqual((1, 0), segments[:2])
        for exporter, before in ((self.at_client, self.before[0]), (self.at_server, self.before[1])):
            after = exporter.quiet_scrape()
            self.check_ledgers(after)
            page = after - before
            self.assertEqual(0, page.sum("dns_messages_total"))
            self.assertEqual({"tcp_no_message_start": 1}, page.by("dns_parse_errors_total", "reason"))

    def transfer(self, server):
        """AXFR (RFC 5936): one query, and as many messages as dig counts. All but the first are duplicates of an answer,
        whether they repeat the question or not (2.2.1)."""
        answer = dig(self.a, server, dns.ZONE, "AXFR")
        messages = answer.transfer_messages
        self.assertGreater(messages, 3)
        self.check(1, messages, None, duplicates=messages - 1)
        page = self.at_client.quiet_scrape() - self.before[0]
        self.assertEqual({"AXFR": 1}, page.by("dns_queries_total", "query_type"))

    def test_a_zone_transfer_from_nsd(self):
        self.transfer(NSD)

    def test_a_zone_transfer_from_bind(self):
        self.transfer(NAMED)


if __name__ == "__main__":
    unittest.main()
