"""The query log: a line a transaction, redaction, rotation under load, and what a full disk costs. And the log of the exporter:
no name is in it."""

import collections
import json
import os
import re
import signal
import time
import unittest

from lab import LabCase, dns, fewer, get, wait_until
from lab.exporter import PORT

SERVER = "10.1.0.2"
CLIENT = "10.1.0.1"


def lines_of(path):
    with open(path, encoding="ascii") as file:
        return [json.loads(line) for line in file]


def asked(lines):
    """{(name, type): times} of dnsperf's input."""
    return collections.Counter(tuple(line.lower().split()) for line in lines)


class QueryLogCase(LabCase):
    def setUp(self):
        super().setUp()
        self.a, self.b = self.two_hosts(ipv6=False)
        self.nsd(self.b)
        self.path = os.path.join(self.folder, "queries.log")

    def watch(self, **query_log):
        return self.exporter(self.a, ["ab"], {"query_log": {"path": self.path, **query_log}})

    def wait_for_lines(self, total, files=None):
        def enough():
            lines = sum((lines_of(path) for path in files or [self.path]), [])
            return lines if len(lines) >= total else None
        return wait_until(enough, f"{total} lines", 15, pause=0.2)

    def sums(self, exporter):
        """What the exporter says at its end became of the transactions."""
        exporter.stop()
        told = re.search(r'msg="query log closed" written=(\d+) sampled=(\d+) dropped=(\d+) failed=(\d+)', exporter.process.err())
        return dict(zip(("written", "sampled", "dropped", "failed"), map(int, told.groups())))


class WhatIsWritten(QueryLogCase):
    def test_a_line_for_each_of_dnsperfs_queries(self):
        exporter = self.watch()
        lines = dns.questions(fewer(3000))
        result = self.dnsperf(self.a, SERVER, lines)
        logged = self.wait_for_lines(result.sent)
        self.assertEqual(result.sent, len(logged))
        self.assertEqual(asked(lines), collections.Counter((row["name"], row["type"].lower()) for row in logged))
        self.assertEqual(result.rcodes, dict(collections.Counter(row["outcome"] for row in logged)))
        self.assertEqual({(CLIENT, SERVER, "client", "udp", "dnsperf", 1)},
                         {tuple(row[key] for key in ("client", "server", "role", "transport", "comm", "weight")) for row in logged})
        mean = sum(row["latency_seconds"] for row in logged) / len(logged)
        self.assertTrue(0 < mean <= result.average_latency, (mean, result.average_latency))
        self.assertEqual({"written": result.sent, "sampled": 0, "dropped": 0, "failed": 0}, self.sums(exporter))

    def test_a_sample_of_ten(self):
        exporter = self.watch(sample=10)
        sent = self.dnsperf(self.a, SERVER, dns.questions(fewer(5000))).sent
        wait_until(lambda: exporter.scrape().sum("dns_queries_total") >= sent, "all queries to be counted")
        sums = self.sums(exporter)
        logged = lines_of(self.path)
        self.assertEqual(sent, sums["written"] + sums["sampled"])
        self.assertEqual(sums["written"], len(logged))
        self.assertEqual({10}, {row["weight"] for row in logged})
        # Binomial(sent, 1/10), six standard deviations: wrong once in 500 million runs.
        self.assertLess(abs(len(logged) - sent / 10), 6 * (sent * 0.09) ** 0.5)

    def test_stdout(self):
        exporter = self.exporter(self.a, ["ab"], {"query_log": {"path": "-"}})
        sent = self.dnsperf(self.a, SERVER, dns.questions(100)).sent
        wait_until(lambda: exporter.process.out().count("\n") >= sent, "the lines on stdout")
        self.assertEqual(sent, len([json.loads(line) for line in exporter.process.out().splitlines()]))


class Latency(LabCase):
    def test_it_lies_between_the_servers_delay_and_digs_own_time(self):
        delay = 0.15
        a, b = self.two_hosts(ipv6=False)
        self.slow_server(b, SERVER, int(delay * 1000))
        path = os.path.join(self.folder, "queries.log")
        self.exporter(a, ["ab"], {"query_log": {"path": path}})
        begin = time.monotonic()
        text = a.run("dig", f"@{SERVER}", "h1.example.test", "+tries=1").stdout
        whole = time.monotonic() - begin
        self.assertRegex(text, r"Query time: \d+ msec")
        row, = wait_until(lambda: lines_of(path), "the line")
        self.assertEqual(("h1.example.test", "A"), (row["name"], row["type"]))
        self.assertTrue(delay <= row["latency_seconds"] <= whole, (row, whole))
        told = int(re.search(r"Query time: (\d+) msec", text).group(1)) / 1000
        self.assertAlmostEqual(told, row["latency_seconds"], delta=0.05)
        self.assertRegex(row["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$")


class WhatIsNot(QueryLogCase):
    def everything_asked(self):
        lines = [f"private{i}.secret{i % 7}.example.test A" for i in range(fewer(500))]
        return self.dnsperf(self.a, SERVER, lines).sent

    def test_redacted_names_and_clients_are_nowhere_in_the_file(self):
        for redaction in ("hash", "mask"):
            exporter = self.watch(names=redaction, clients=redaction)
            self.wait_for_lines(self.everything_asked())
            exporter.stop()
            with open(self.path, encoding="ascii") as file:
                text = file.read()
            for secret in ("private", "secret", CLIENT):
                self.assertNotIn(secret, text, redaction)
            rows = lines_of(self.path)
            if redaction == "mask":
                # Nobody knows the suffix `test`: only that is left.
                self.assertEqual({("*.test", "10.1.0.0/24")}, {(row["name"], row["client"]) for row in rows})
            else:
                self.assertNotIn("example", text)
                self.assertEqual(fewer(500), len({row["name"] for row in rows}))
                self.assertEqual(1, len({row["client"] for row in rows}))
            os.remove(self.path)

    def test_the_log_of_the_exporter_names_nobody(self):
        exporter = self.watch()
        self.everything_asked()
        message = dns.query(7, "hostileprivate.example.test")
        sender = dns.udp_socket(self.a, CLIENT)
        self.addCleanup(sender.close)
        for cut in range(len(message) + 1):
            sender.sendto(message[:cut], (SERVER, 53))
            sender.sendto(message[:12] + b"\xff" * cut, (SERVER, 53))
        for path in ("/private-path", "/api/private-path", "/api/v1/stream?private=1", "/metrics?private=1"):
            get(self.a, PORT, path)
        self.everything_asked()
        exporter.stop()
        for secret in ("private", "example.test", CLIENT, SERVER):
            self.assertNotIn(secret, exporter.process.err())


class WhatGoesWrong(QueryLogCase):
    def test_rotation_under_load_loses_no_line(self):
        exporter = self.watch()
        load = dns.Dnsperf(self.a, self.folder, SERVER, dns.questions(fewer(20000)), "-q", 20, "-Q", fewer(5000))
        files = [self.path]
        for turn in range(5):
            time.sleep(0.4)
            moved = f"{self.path}.{turn}"
            os.rename(self.path, moved)
            files.append(moved)
            exporter.process.send(signal.SIGHUP)
            wait_until(lambda: os.path.exists(self.path), "the file to be made anew")
        sent = load.result().sent
        logged = self.wait_for_lines(sent, files)
        self.assertEqual(sent, len(logged))
        self.assertGreater(sum(1 for path in files if lines_of(path)), 3)
        self.assertEqual({"written": sent, "sampled": 0, "dropped": 0, "failed": 0}, self.sums(exporter))

    def test_a_full_disk_costs_lines_and_nothing_else(self):
        self.path = "/dev/full"
        exporter = self.watch()
        sent = self.dnsperf(self.a, SERVER, dns.questions(fewer(1000))).sent
        wait_until(lambda: exporter.scrape().sum("dns_queries_total") == sent, "all queries to be counted")
        self.assertEqual(200, get(self.a, PORT, "/-/ready")[0])
        self.assertEqual({"written": 0, "sampled": 0, "dropped": 0, "failed": sent}, self.sums(exporter))
        self.assertEqual(1, exporter.process.err().count("can't write the query log"), exporter.process.err())

    def test_a_path_that_cannot_be_opened_ends_the_start(self):
        config = os.path.join(self.folder, "bad.yml")
        with open(config, "w", encoding="ascii") as file:
            json.dump({"query_log": {"path": "/nonexistent-folder/q"}}, file)
        done = self.a.run(self.binary, f"--config.file={config}", "--interface=ab", check=False)
        self.assertNotEqual(0, done.returncode)
        self.assertIn("/nonexistent-folder/q: No such file or directory; make its folder", done.stderr)


if __name__ == "__main__":
    unittest.main()
