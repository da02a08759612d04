"""HTTP under abuse: slow, many, wrong and silent clients. A scrape is answered meanwhile and counting goes on."""

import contextlib
import selectors
import socket
import threading
import time
import unittest

from lab import SharedLab, dns, fewer, get
from lab.exporter import PORT
from lab.process import SLOW

SLOW_CLIENTS = 200
SCRAPES = 1000
IN_TIME = 8.0 * SLOW  # seconds; Prometheus waits 10
HEADER_LIMIT = 16384  # octets
ABUSE_TIME = 4  # seconds


class HttpLimits(SharedLab):
    @classmethod
    def prepare(cls, lab):
        cls.a, cls.b = lab.two_hosts(ipv6=False)
        lab.nsd(cls.b)
        cls.folder = lab.folder
        cls.watch = lab.exporter(cls.a, ["ab"])

    def connect(self, receive_buffer=0):
        link = self.a.socket(socket.AF_INET, socket.SOCK_STREAM)
        link.settimeout(10 * SLOW)
        if receive_buffer:
            link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        link.connect(("127.0.0.1", PORT))
        return link

    def ask(self, octets, half_close=False):
        """All that comes back for these octets until the server closes."""
        with self.connect() as link:
            with contextlib.suppress(ConnectionError):  # it may close before it has read all
                link.sendall(octets)
                if half_close:
                    with contextlib.suppress(OSError):  # the server may have closed it already
                        link.shutdown(socket.SHUT_WR)
            answer = b""
            with contextlib.suppress(ConnectionError):
                while part := link.recv(65536):
                    answer += part
            return answer

    @staticmethod
    def asked(page):
        return page.by("dns_queries_total", "server").get("10.1.0.2", 0)

    def scrape_in_time(self):
        start = time.monotonic()
        status, _ = get(self.a, PORT, "/metrics", timeout=10 * SLOW)
        self.assertEqual(200, status)
        self.assertLess(time.monotonic() - start, IN_TIME)

    def abused_by(self, count, opening, step):
        """Scrapes while `count` clients connect, send `opening`, do `step` once a second, and come again when closed."""
        over = threading.Event()

        def open_one():
            link = self.connect(receive_buffer=2048)
            link.sendall(opening)
            return link

        def abuse(links):
            while not over.wait(1):
                for i, link in enumerate(links):
                    try:
                        step(link)
                    except OSError:
                        link.close()
                        links[i] = open_one()

        links = [open_one() for _ in range(count)]
        thread = threading.Thread(target=abuse, args=(links,))
        thread.start()
        try:
            end = time.monotonic() + ABUSE_TIME
            while time.monotonic() < end:
                self.scrape_in_time()
                time.sleep(0.2)
        finally:
            over.set()
            thread.join()
            for link in links:
                link.close()

    def test_headers_that_come_byte_by_byte(self):
        self.abused_by(SLOW_CLIENTS, b"GET /metrics HTTP/1.1\r\nX-Slow: ", lambda link: link.send(b"a"))

    def test_readers_that_take_byte_by_byte(self):
        self.abused_by(SLOW_CLIENTS, b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n" * 20,
                       lambda link: link.recv(1, socket.MSG_DONTWAIT) or link.send(b"G"))

    def test_connections_that_say_nothing(self):
        self.abused_by(SLOW_CLIENTS, b"", lambda link: None)

    def test_a_slow_client_is_let_go(self):
        with self.connect() as link:
            link.sendall(b"GET /metrics HTTP/1.1\r\n")
            start = time.monotonic()
            self.assertIn(link.recv(12), (b"", b"HTTP/1.1 400"))
            self.assertLess(time.monotonic() - start, 6 * SLOW)

    def test_a_thousand_scrapes_and_every_query_counted(self):
        before = self.watch.quiet_scrape()
        lines = dns.questions(fewer(5000))
        run = dns.Dnsperf(self.a, self.folder, "10.1.0.2", lines, "-q", 20)
        links = [self.connect() for _ in range(SCRAPES)]
        answers = {link: b"" for link in links}
        with selectors.DefaultSelector() as waiting:
            for link in links:
                link.sendall(b"GET /metrics HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n")
                waiting.register(link, selectors.EVENT_READ)
            end = time.monotonic() + 14 * SLOW
            while waiting.get_map() and time.monotonic() < end:
                for key, _ in waiting.select(0.5):
                    part = key.fileobj.recv(65536)
                    answers[key.fileobj] += part
                    if not part:
                        waiting.unregister(key.fileobj)
                        key.fileobj.close()
            self.assertFalse(waiting.get_map(), "not all answered")
        self.assertEqual({b"HTTP/1.1 200 OK"}, {answer.split(b"\r\n")[0] for answer in answers.values()})
        result = run.result()
        after = self.watch.quiet_scrape()
        counted = self.asked(after) - self.asked(before)
        self.assertEqual(result.sent, counted)
        lost = [page.sum("ebpf_dns_exporter_events_total", result="ring_full") for page in (before, after)]
        self.assertEqual(lost[0], lost[1])
        self.check_ledgers(after)

    def test_what_is_no_request(self):
        host = b"Host: localhost\r\n"
        long = b"X: " + b"a" * HEADER_LIMIT
        for request, statuses in {
                b"GET / HTTP/1.1\r\n" + host + long + b"\r\n\r\n": (b"400", b"413", b""),
                b"GET /" + b"a" * HEADER_LIMIT + b" HTTP/1.1\r\n\r\n": (b"400", b"413", b""),
                b"GET / HTTP/1.1\r\n" + host + b"A: b\r\n" * 1000 + b"\r\n": (b"200", b"400"),
                b"BREW / HTTP/1.1\r\n" + host + b"\r\n": (b"400", b"405"),
                b"DELETE /metrics HTTP/1.0\r\n" + host + b"\r\n": (b"405",),
                b"GET /../../etc/passwd HTTP/1.0\r\n\r\n": (b"404", b"400"),
                b"GET /%00%0d%0aX:y HTTP/1.0\r\n\r\n": (b"404", b"400"),
                b"GET /metrics HTTP/7.0\r\n\r\n": (b"505", b"400"),
                bytes(range(256)) + b"\r\n\r\n": (b"400", b""),
                b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n": (b"400", b""),
        }.items():
            with self.subTest(request[:40]):
                answer = self.ask(request, half_close=True)
                self.assertIn(answer[9:12], statuses)
                self.assertNotIn(b"root:", answer)
        self.scrape_in_time()

    def test_requests_in_a_row_are_answered_in_order(self):
        paths = (b"/-/ready", b"/nothing", b"/-/healthy", b"/-/reload")
        row = b"".join(b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\n\r\n" for path in paths)
        answer = self.ask(row, half_close=True)
        statuses = [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]]
        self.assertEqual([b"200", b"404", b"200", b"405"], statuses)

    def test_memory_stays_small(self):
        self.scrape_in_time()
        self.assertLess(self.watch.pss_bytes(), 40 * 1024 * 1024)


if __name__ == "__main__":
    unittest.main()
