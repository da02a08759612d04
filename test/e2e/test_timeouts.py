"""What goes wrong between a query and its response: silence, lateness, repetition, and answers nobody asked for."""

import signal
import time
import unittest

from lab import LabCase, dns, wait_until

TIMEOUT_MS = 1000
CONFIG = {"capture": {"query_timeout_ms": TIMEOUT_MS}}
KINDS = ("unmatched", "late", "duplicate")


class TimeoutsTest(LabCase):
    def setUp(self):
        super().setUp()
        self.a, self.b = self.two_hosts()
        self.watch = self.exporter(self.a, ["ab"], CONFIG)
        self.before = self.watch.quiet_scrape()

    def finish(self):
        """What the exporter counted since the test began; the ledgers must balance."""
        after = self.watch.quiet_scrape()
        self.check_ledgers(after)
        return after - self.before

    def unexpected(self, page):
        return {kind: page.sum(f"dns_responses_{kind}_total") for kind in KINDS}

    def exchange(self, queries, answers):
        """The client sends the octets in `queries`, the server those in `answers`; each side reads what it gets."""
        with dns.udp_socket(self.a, "10.1.0.1") as client, dns.udp_socket(self.b, "10.1.0.2", 53) as server:
            for message in queries:
                client.sendto(message, ("10.1.0.2", 53))
                server.recv(512)
            for message in answers:
                server.sendto(message, client.getsockname())
                client.recv(512)

    def test_silence_is_a_timeout_and_nothing_else(self):
        self.reflector(self.b, "10.1.0.2", "sink")
        self.assertEqual(5000, self.flood(self.a, "10.1.0.2", 5000)["sent"])
        page = self.finish()
        self.assertEqual({"TIMEOUT": 5000}, page.by("dns_queries_total", "rcode"))
        self.assertEqual({"TIMEOUT": 5000}, page.by("dns_domain_queries_total", "rcode"))
        self.assertEqual({"query": 5000}, page.by("dns_messages_total", "kind"))
        self.assertEqual(0, page.sum("dns_query_latency_seconds_count"))
        self.assertEqual(0, page.sum("dns_responses_total"))

    def test_a_query_is_open_until_its_time_is_over(self):
        self.reflector(self.b, "10.1.0.2", "sink")
        self.flood(self.a, "10.1.0.2", 100)
        # Scrapes within 100 ms share one reading: it may take that long until the queries show.
        wait_until(lambda: self.watch.scrape().sum("dns_active_queries") == 100, "100 open queries", timeout=0.5)
        page = self.watch.scrape()
        self.assertEqual(0, (page - self.before).sum("dns_queries_total"))
        # The sweep comes once a second, so one more second than the timeout must do; a third is for a busy machine.
        wait_until(lambda: self.watch.scrape().sum("dns_active_queries") == 0, "the queries to time out",
                   timeout=TIMEOUT_MS / 1000 + 2)
        self.assertEqual({"TIMEOUT": 100}, self.finish().by("dns_queries_total", "rcode"))

    def test_an_icmp_message_tells_that_nobody_listens(self):
        for address, own in (("10.1.0.2", "10.1.0.1"), ("fd00:1::2", "fd00:1::1")):
            for number in range(3):  # a socket of its own each: the kernel hands the error to the next call on it
                with dns.udp_socket(self.a, own) as client:
                    client.sendto(dns.query(number, f"h{number}.{dns.ZONE}"), (address, 53))
        page = self.finish()
        self.assertEqual({"10.1.0.2": 3, "fd00:1::2": 3}, page.by("dns_unreachable_total", "server"))
        self.assertEqual({"TIMEOUT": 6}, page.by("dns_queries_total", "rcode"))

    def test_answers_after_the_timeout_are_late(self):
        server = self.nsd(self.b)
        server.send(signal.SIGSTOP)
        with dns.udp_socket(self.a, "10.1.0.1") as client:
            for i in range(50):
                client.sendto(dns.query(i, f"h{i}.{dns.ZONE}"), ("10.1.0.2", 53))
            wait_until(lambda: (self.watch.scrape() - self.before).sum("dns_queries_total") == 50, "50 timeouts")
            server.send(signal.SIGCONT)
            for _ in range(50):
                client.recv(512)
        page = self.finish()
        self.assertEqual({"TIMEOUT": 50}, page.by("dns_queries_total", "rcode"))
        self.assertEqual({"unmatched": 0, "late": 50, "duplicate": 0}, self.unexpected(page))
        self.assertEqual({"NOERROR": 50}, page.by("dns_responses_total", "rcode"))
        self.assertEqual(0, page.sum("dns_query_latency_seconds_count"))

    def test_an_answer_in_time_after_a_stop_is_an_answer(self):
        server = self.nsd(self.b)
        server.send(signal.SIGSTOP)
        with dns.udp_socket(self.a, "10.1.0.1") as client:
            client.sendto(dns.query(7, f"h1.{dns.ZONE}"), ("10.1.0.2", 53))
            time.sleep(TIMEOUT_MS / 2000)
            server.send(signal.SIGCONT)
            client.recv(512)
        page = self.finish()
        self.assertEqual({"NOERROR": 1}, page.by("dns_queries_total", "rcode"))
        self.assertEqual((0, 1), (page.sum("dns_query_latency_seconds_bucket", le="0.25"),
                                  page.sum("dns_query_latency_seconds_bucket", le="1")))

    def test_a_query_sent_again_is_a_retransmission(self):
        message = dns.query(4711, f"h1.{dns.ZONE}")
        self.exchange([message, message, message], [dns.response(message)])
        page = self.finish()
        self.assertEqual({"NOERROR": 1}, page.by("dns_queries_total", "rcode"))
        self.assertEqual({"client": 2}, page.by("dns_query_retransmissions_total", "role"))
        self.assertEqual({"unmatched": 0, "late": 0, "duplicate": 0}, self.unexpected(page))

    def test_a_second_response_is_a_duplicate(self):
        message = dns.query(4712, f"h1.{dns.ZONE}")
        self.exchange([message], [dns.response(message, 3)] * 3)
        page = self.finish()
        self.assertEqual({"NXDOMAIN": 1}, page.by("dns_queries_total", "rcode"))
        self.assertEqual({"NXDOMAIN": 3}, page.by("dns_responses_total", "rcode"))
        self.assertEqual({"unmatched": 0, "late": 0, "duplicate": 2}, self.unexpected(page))
        self.assertEqual(1, page.sum("dns_query_latency_seconds_count"))

    def test_a_response_nobody_asked_for_is_unmatched(self):
        message = dns.query(4713, f"h1.{dns.ZONE}")
        other_id = dns.query(4714, f"h1.{dns.ZONE}")
        other_name = dns.query(4713, f"h2.{dns.ZONE}")
        wrong = [dns.response(other_id), dns.response(other_name)]
        self.exchange([message], wrong + [dns.response(message)])
        page = self.finish()
        self.assertEqual({"NOERROR": 1}, page.by("dns_queries_total", "rcode"))
        self.assertEqual({"unmatched": 2, "late": 0, "duplicate": 0}, self.unexpected(page))

    def test_case_of_the_name_does_not_matter(self):
        self.exchange([dns.query(4715, f"MiXeD.{dns.ZONE}")], [dns.response(dns.query(4715, f"mIxEd.{dns.ZONE}"))])
        page = self.finish()
        self.assertEqual({"NOERROR": 1}, page.by("dns_queries_total", "rcode"))

    def test_octets_that_are_no_message_are_errors_with_a_reason(self):
        message = dns.query(4716, f"h1.{dns.ZONE}")
        pointer = message[:12] + b"\xc0\x0c" + message[-4:]
        self.exchange([message[:11], message[:20], pointer, message], [dns.response(message)])
        page = self.finish()
        self.assertEqual({"NOERROR": 1}, page.by("dns_queries_total", "rcode"))
        self.assertEqual(3, page.sum("dns_parse_errors_total"))
        self.assertEqual(5, page.sum("dns_packets_total", protocol="udp"))
        self.assertEqual([1, 1, 1], list(page.by("dns_parse_errors_total", "reason").values()))


if __name__ == "__main__":
    unittest.main()
