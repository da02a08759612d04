"""The stream of events: what listeners get, and what a stuck one costs the others."""

import collections
import json
import signal
import socket
import subprocess
import unittest

from lab import LabCase, dns, fewer, get, wait_until
from lab.exporter import PORT
from lab.process import Process, die_with_parent

SERVER = "10.1.0.2"


def asked(lines):
    """{(name, type): times} of dnsperf's input."""
    return collections.Counter(tuple(line.lower().split()) for line in lines)


class Stream(LabCase):
    needs = ("curl",)

    def setUp(self):
        super().setUp()
        self.a, self.b = self.two_hosts(ipv6=False)
        self.nsd(self.b)
        self.watching = self.exporter(self.a, ["ab"])

    def listener(self, name, query="", *options):
        """curl that listens, once its first heartbeat has come."""
        process = Process(name, self.a.command(
            "curl", "-sN", *options, f"http://127.0.0.1:{PORT}/api/v1/stream{query}"), self.folder)
        self.addCleanup(process.stop)
        wait_until(lambda: process.require_running() and process.out(), "the stream to begin")
        return process

    def heard(self, process, total):
        def enough():
            rows = [json.loads(line) for line in process.out().splitlines(keepends=True) if line.endswith("\n") and line != "\n"]
            return rows if len(rows) >= total else None
        return wait_until(enough, f"{total} lines of the stream", 15)

    def test_listeners_get_what_they_asked_for(self):
        everything = self.listener("all")
        missing = self.listener("missing", "?rcode=NXDOMAIN")
        one = self.listener("one", "?domain=H1.example.test.", "--http1.0")
        lines = dns.questions(fewer(2000))
        result = self.dnsperf(self.a, SERVER, lines)
        rows = self.heard(everything, result.sent)
        self.assertEqual(asked(lines), collections.Counter((row["name"], row["type"].lower()) for row in rows))
        self.assertEqual(result.rcodes["NXDOMAIN"], len(self.heard(missing, result.rcodes["NXDOMAIN"])))
        wanted = sum(1 for line in lines if line.split()[0] == f"h1.{dns.ZONE}")
        self.assertEqual({f"h1.{dns.ZONE}"}, {row["name"] for row in self.heard(one, wanted)})

    def test_a_stuck_listener_loses_only_its_own(self):
        stuck = self.a.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.addCleanup(stuck.close)
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stuck.connect(("127.0.0.1", PORT))
        stuck.sendall(b"GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
        quick = self.listener("quick")
        sent = self.dnsperf(self.a, SERVER, dns.questions(fewer(30000))).sent
        rows = self.heard(quick, sent)
        self.assertEqual(sent, len(rows))
        self.assertFalse([row for row in rows if "lost" in row])

    def test_four_may_listen_and_the_metrics_stay(self):
        listeners = [self.listener(f"listener-{number}") for number in range(4)]
        status, text = get(self.a, PORT, "/api/v1/stream")
        self.assertEqual(503, status, text)
        self.assertEqual(200, get(self.a, PORT, "/metrics")[0])
        listeners[0].stop()
        wait_until(self.listens_again, "the place of the one who left", 10, pause=0.5)

    def listens_again(self):
        done = subprocess.run(self.a.command("curl", "-sN", "-m", "2", f"http://127.0.0.1:{PORT}/api/v1/stream"),
                              capture_output=True, text=True, timeout=20, preexec_fn=die_with_parent)
        return done.stdout.startswith("\n")

    def test_wrong_parameters(self):
        for query, words in (("sample=0", "1..1000000"), ("rcode=NOPE", "NXDOMAIN"), ("domain=a%20b", "letters"), ("x=1", "sample")):
            status, text = get(self.a, PORT, f"/api/v1/stream?{query}")
            self.assertEqual(400, status)
            self.assertIn(words, json.loads(text)["error"])

    def test_the_end_of_the_exporter_ends_the_stream(self):
        listener = self.listener("ends")
        self.watching.process.send(signal.SIGTERM)
        self.assertEqual(0, listener.wait(10), listener.err())  # curl says 18 where the last chunk is missing


if __name__ == "__main__":
    unittest.main()
