"""`watch`: what it shows on a terminal and in a pipe, whom it asks, and what it leaves behind."""

import re
import signal
import time
import unittest

from lab import LabCase, dns, fewer, wait_until
from lab.process import Process
from lab.terminal import Screen, TerminalProcess

DELAY_MS = 150
RATE = 200  # queries a second
# Would clear the screen, ring, begin a line and set the window's title.
EVIL = "\x1b[2J\x07\n\x1b]0;owned\x07\x7f"
EVIL_SHOWN = r"\027[2j\007\010\027]0"


class WatchCase(LabCase):
    def setUp(self):
        super().setUp()
        self.a, self.b = self.two_hosts()
        self.b.ip("addr", "add", "10.1.0.3/24", "dev", "ba")
        self.nsd(self.b, "10.1.0.2")
        self.slow_server(self.b, "10.1.0.3", DELAY_MS)

    def watch(self, *options, space=None, width=80, height=24, lang="C.UTF-8"):
        env = {"LANG": lang, "LC_ALL": "", "LC_CTYPE": ""}
        process = TerminalProcess("watch", (space or self.a).command(self.binary, "watch", *options), self.folder, width, height,
                                  env)
        self.addCleanup(process.stop)
        return process

    def piped(self, *options):
        process = Process("watch-piped", self.a.command(self.binary, "watch", *options), self.folder)
        self.addCleanup(process.stop)
        return process

    def traffic(self, seconds):
        """dnsperf that asks so many times a second in the background."""
        count = RATE * seconds
        run = dns.Dnsperf(self.a, self.folder, "10.1.0.2", dns.questions(count), "-q", 20, "-Q", RATE)
        self.addCleanup(run.process.stop)
        return run

    def ask_slow(self, name):
        with dns.udp_socket(self.a, "10.1.0.1") as client:
            client.sendto(dns.query(7, name), ("10.1.0.3", 53))
            client.recv(512)

    def check_clean(self, watch):
        self.assertEqual([], watch.screen(lambda screen: screen.strange))


class OnATerminal(WatchCase):
    def setUp(self):
        super().setUp()
        self.exporter(self.a, ["ab"])

    def test_what_happens_is_shown(self):
        watch = self.watch()
        run = self.traffic(8)

        def rate_of(text):
            match = re.search(r"^([\d.]+) queries/s .* last (\d+) s", text, re.MULTILINE)
            return float(match.group(1)) if match and int(match.group(2)) >= 4 else None

        rate = watch.wait_for(rate_of, "a rate of some seconds")
        self.assertAlmostEqual(RATE, rate, delta=RATE * 0.3)
        text = watch.text()
        self.assertRegex(text, r"NOERROR \d\d\.\d%")
        self.assertRegex(text, r"NXDOMAIN \d+\.\d%")
        self.assertRegex(text, r"P50 [\d.]+(us|ms)  P95 [\d.]+(us|ms)  P99 [\d.]+(us|ms)  mean [\d.]+(us|ms)  min [\d.]+us  max ")
        self.assertRegex(text, r"\nexample\.test +\d+/s|  example\.test +\d+/s")
        self.assertRegex(text, r"\n10\.1\.0\.2 +\d+/s +[\d.]+(us|ms)")
        self.assertRegex(text, r"dnsperf +\d+/s")
        self.assertIn("http://127.0.0.1:10153", text)
        self.assertIn("SLOW, above 100ms", text)
        self.assertIn("█", text)
        sent = run.result().sent
        watch.wait_for(lambda text: f"{sent / 1000:.2f}k in all" in text, f"all {sent} queries to be counted")
        self.check_clean(watch)

    def test_the_frame_follows_the_window(self):
        watch = self.watch("--interval=60000")  # so that only the new size can be the reason
        for width, height in ((80, 24), (100, 30), (40, 10), (200, 60)):
            watch.resize(width, height)
            watch.wait_for(lambda text: len(text.split("\n")[0]) == width, f"a frame of {width} columns")
            lines = watch.screen(Screen.lines)
            self.assertEqual((height, width), (len(lines), max(map(len, lines))))
            self.assertTrue(lines[0].endswith(" UTC"), lines[0])
            self.assertIn("queries/s", lines[1])

    def test_slow_queries_as_they_happen(self):
        watch = self.watch("--interval=200")
        watch.wait_for(lambda text: "SLOW" in text, "the first frame")
        self.ask_slow("slow.example.test")
        watch.wait_for(lambda text: re.search(r"\d\d:\d\d:\d\d\.\d{3} +1\d\dms slow\.example\.test +A +10\.1\.0\.3", text),
                       "the slow query", 5)
        patient = self.watch("--interval=200", "--slower-than=500")
        patient.wait_for(lambda text: "SLOW, above 500ms" in text, "the threshold")
        self.assertNotIn("slow.example.test", patient.text())

    def test_a_hostile_name_does_not_reach_the_terminal(self):
        watch = self.watch("--interval=200")
        watch.wait_for(lambda text: "SLOW" in text, "the first frame")
        self.ask_slow(f"{EVIL}.example.test")
        watch.wait_for(lambda text: EVIL_SHOWN in text, "the name, escaped", 5)
        self.check_clean(watch)
        for part in (b"]0;owned\x07", b"\x1b]", b"\x7f", b"\x07"):
            self.assertNotIn(part, watch.raw)

    def test_without_utf_8_all_is_ascii(self):
        watch = self.watch("--interval=200", lang="C")
        self.ask_slow("slow.example.test")
        watch.wait_for(lambda text: "#" in text, "a bar")
        self.assertTrue(watch.raw.isascii())

    def test_it_gives_the_terminal_back(self):
        for end in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, "q", "\x03"):  # Ctrl-C among them
            with self.subTest(end=end):
                watch = self.watch()
                watch.wait_for(lambda text: "queries/s" in text, "the first frame")
                modes = watch.screen(lambda screen: dict(screen.modes))
                self.assertEqual((True, False), (modes["1049"], modes["25"]))
                self.assertFalse(watch.is_restored())
                if isinstance(end, str):
                    watch.press(end)
                else:
                    watch.send(end)
                self.assertEqual(0, watch.wait())
                wait_until(watch.is_restored, "the terminal as it was", 2)
                self.check_clean(watch)

    def test_it_can_be_suspended(self):
        watch = self.watch("--interval=200")
        watch.wait_for(lambda text: "queries/s" in text, "the first frame")
        watch.press("\x1a")  # Ctrl-Z
        wait_until(watch.is_restored, "the shell's turn", 5)
        wait_until(lambda: self.state(watch.pid) == "T", "the stop", 5)
        watch.send(signal.SIGCONT)
        wait_until(lambda: watch.screen(lambda screen: screen.modes["1049"]), "the frame to come back", 5)
        watch.press("q")
        self.assertEqual(0, watch.wait())
        self.assertTrue(wait_until(watch.is_restored, "the terminal as it was", 2))

    @staticmethod
    def state(pid):
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()[0]

    def test_it_ends_by_itself(self):
        start = time.monotonic()
        watch = self.watch("--duration=1")
        self.assertEqual(0, watch.wait())
        self.assertAlmostEqual(1, time.monotonic() - start, delta=1)
        self.assertTrue(wait_until(watch.is_restored, "the terminal as it was", 2))


class InAPipe(WatchCase):
    def test_lines_without_an_escape(self):
        self.exporter(self.a, ["ab"])
        watch = self.piped("--interval=500")
        wait_until(lambda: "queries/s=0 " in watch.out(), "the first line")
        result = self.traffic(3).result()
        self.ask_slow(f"{EVIL}.example.test")
        wait_until(lambda: EVIL_SHOWN in watch.out(), "the slow query", 5)
        watch.send(signal.SIGINT)
        self.assertEqual(0, watch.wait(10))
        out = watch.out()
        self.assertNotIn("\x1b", out)
        self.assertNotIn("\x07", out)
        self.assertTrue(out.isascii())
        self.assertRegex(out, r"(?m)^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ queries/s=[1-9][\d.]* waiting=\d+ NOERROR=\d+\.\d% NXDOMAIN=.* "
                              r"p50=[\d.]+us p95=\S+ p99=\S+ mean=\S+ domain=example\.test$")
        self.assertRegex(out, r"(?m)^\S+Z slow=1\d\dms name=\\027\S+\.example\.test type=A server=10\.1\.0\.3 outcome=NOERROR")
        # Each line tells of the time since the one before, so that all together tell of all.
        rates = [float(rate) for rate in re.findall(r"queries/s=([\d.]+) ", out)]
        self.assertAlmostEqual(result.sent + 1, sum(rates) * 0.5, delta=result.sent * 0.1)

    def test_whoever_reads_may_go(self):
        self.exporter(self.a, ["ab"])
        done = self.a.run("sh", "-c", f"'{self.binary}' watch --interval=100 | head -n 2", timeout=20)
        self.assertEqual(2, len(done.stdout.splitlines()))


class WhomItAsks(WatchCase):
    def test_without_an_exporter_it_watches_itself(self):
        watch = self.watch("--interface=ab", "--slower-than=50")
        watch.wait_for(lambda text: "programs of its own" in text, "the first frame")
        self.assertIn("loading programs of its own", watch.err())
        result = self.dnsperf(self.a, "10.1.0.2", dns.questions(fewer(2000)))
        self.ask_slow("slow.example.test")
        watch.wait_for(lambda text: f"{(result.sent + 1) / 1000:.2f}k in all" in text and "slow.example.test" in text,
                       "all queries and the slow one")
        self.assertRegex(watch.text(), r"NOERROR 90\.\d%  NXDOMAIN ")
        self.assertIn("SLOW, above 50.0ms", watch.text())
        watch.send(signal.SIGINT)
        self.assertEqual(0, watch.wait())
        self.assertTrue(wait_until(watch.is_restored, "the terminal as it was", 2))

    def test_another_address(self):
        self.exporter(self.a, ["ab"], port=10200)
        watch = self.watch("--url=http://127.0.0.1:10200/")
        watch.wait_for(lambda text: "http://127.0.0.1:10200 " in text, "the first frame")
        self.assertIn('msg="asking an exporter" url=http://127.0.0.1:10200', watch.err())
        # Its own flags tell where the exporter listens, as the exporter's did.
        other = self.watch("--web.listen-address=:10200")
        other.wait_for(lambda text: "http://127.0.0.1:10200 " in text, "the first frame")

    def test_with_a_url_nobody_else_is_asked(self):
        self.exporter(self.a, ["ab"])
        watch = self.watch("--url=http://127.0.0.1:10201")
        self.assertEqual(1, watch.wait())
        self.assertIn("fetch http://127.0.0.1:10201/api/v1/summary", watch.err())
        self.assertNotIn("BPF programs", watch.err())
        self.assertEqual(b"", watch.raw)

    def test_an_exporter_that_is_gone(self):
        exporter = self.exporter(self.a, ["ab"])
        watch = self.watch("--interval=200")
        watch.wait_for(lambda text: "queries/s" in text, "the first frame")
        exporter.stop()
        watch.wait_for(lambda text: "\n! " in text, "the notice", 5)
        self.exporter(self.a, ["ab"])  # one that comes back in time is watched again
        watch.wait_for(lambda text: "\n! " not in text, "its return", 5)

    def test_an_exporter_that_stays_away(self):
        exporter = self.exporter(self.a, ["ab"])
        watch = self.watch("--interval=200")
        watch.wait_for(lambda text: "queries/s" in text, "the first frame")
        exporter.stop()
        self.assertEqual(1, watch.wait(20))
        self.assertIn("ebpf_dns_exporter: fetch http://127.0.0.1:10153/", watch.err())
        self.assertIn("is the exporter running", watch.err())
        self.assertTrue(wait_until(watch.is_restored, "the terminal as it was", 2))


if __name__ == "__main__":
    unittest.main()
