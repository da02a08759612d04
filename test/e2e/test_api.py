"""The API: all workloads and the slow transactions as JSON, for this host alone. The exporter sees every socket of the machine,
so the tests look at their own processes only."""

import collections
import datetime
import json
import os
import re
import time
import unittest

from lab import LabCase, dns, fewer, get, wait_until
from lab.exporter import PORT
from lab.process import Process

DELAY_MS = 150
TIMEOUT_MS = 1000
SHARED = 0.15  # seconds: a little more than what answers share one reading for
EVERY_ADDRESS = ("--web.listen-address=10.1.0.1:10153",)  # beside loopback's


def fetch(space, path, expected=200, **where):
    status, text = get(space, PORT, path, **where)
    if status != expected:
        raise AssertionError(f"{path} answered {status}: {text[:300]}")
    return json.loads(text)


class WhoMayAsk(LabCase):
    def setUp(self):
        super().setUp()
        self.a, self.b = self.two_hosts()
        self.exporter(self.a, ["ab"], options=EVERY_ADDRESS)

    def test_this_host_alone(self):
        for path in ("/api/v1/domains", "/api/v1/servers", "/api/v1/slow", "/api/v1/summary", "/api/v1/workloads"):
            fetch(self.a, path)
            self.assertIn("ask from this host", fetch(self.b, path, 403, address="10.1.0.1")["error"])
            # By the address of the link even the host itself is somebody like others.
            fetch(self.a, path, 403, address="10.1.0.1")
        self.assertEqual(200, get(self.b, PORT, "/-/ready", address="10.1.0.1")[0])
        self.assertEqual(200, get(self.b, PORT, "/metrics", address="10.1.0.1")[0])

    def test_a_name_that_dns_led_here(self):
        fetch(self.a, "/api/v1/slow", 403, headers={"Host": "evil.example:10153"})
        fetch(self.a, "/api/v1/slow", headers={"Host": "localhost:10153"})
        # Who says that he is local is not.
        for host in ("localhost", "127.0.0.1"):
            fetch(self.b, "/api/v1/slow", 403, address="10.1.0.1", headers={"Host": host, "X-Forwarded-For": "127.0.0.1"})

    def test_what_is_asked_for_must_make_sense(self):
        self.assertIn("1..1024", fetch(self.a, "/api/v1/workloads?limit=0", 400)["error"])
        self.assertIn("client or server", fetch(self.a, "/api/v1/workloads?role=x", 400)["error"])
        self.assertIn("1..1000", fetch(self.a, "/api/v1/domains?limit=1001", 400)["error"])
        self.assertIn("limit and role", fetch(self.a, "/api/v1/servers?after=1", 400)["error"])
        self.assertIn("no parameters", fetch(self.a, "/api/v1/slow?limit=1", 400)["error"])
        self.assertEqual({"error": "not found"}, fetch(self.a, "/api/v1/nothing", 404))


class Workloads(LabCase):
    def setUp(self):
        super().setUp()
        self.a, self.b = self.two_hosts()
        self.nsd(self.b)
        self.watch = self.exporter(self.a, ["ab"])

    def rows(self, comms, total):
        """{comm: row} of these clients once they have asked so much."""
        def enough():
            page = fetch(self.a, "/api/v1/workloads?limit=1024&role=client")
            found = {row["comm"]: row for row in page["workloads"] if row["comm"] in comms}
            return found if sum(row["queries"] for row in found.values()) >= total else None
        return wait_until(enough, "all queries to be counted", 15)

    def test_each_process_has_what_it_says_itself(self):
        lines = dns.questions(fewer(4000))
        runs = {}
        for number, (name, share) in enumerate({"perf-most": 1, "perf-some": 2, "perf-few": 20}.items()):
            program = self.named_program("dnsperf", name)
            options = ("-q", 20) + (("-m", "tcp") if number == 1 else ())
            runs[name] = dns.Dnsperf(self.a, self.folder, "10.1.0.2", lines[:len(lines) // share], *options, program=program)
        results = {name: run.result() for name, run in runs.items()}
        rows = self.rows(results, sum(result.sent for result in results.values()))
        self.assertEqual(set(results), set(rows))
        for name, result in results.items():
            row, latency = rows[name], rows[name]["latency"]
            self.assertEqual(result.sent, row["queries"], name)
            self.assertEqual(0, result.lost)
            self.assertEqual(result.rcodes, row["outcomes"], name)
            self.assertEqual(result.completed, latency["count"])
            # What a socket's programs see lies within what the process itself does.
            self.assertLessEqual(latency["sum_seconds"] / latency["count"], result.average_latency)
            self.assertLess(0, latency["p50"])
            self.assertTrue(latency["p50"] <= latency["p95"] <= latency["p99"], latency)
            self.assertEqual("client", row["role"])
            self.assertIsInstance(row["cgroup"], int)

    def test_the_list_is_sorted_cut_and_chosen(self):
        for name, count in (("sort-a", 30), ("sort-b", 50), ("sort-c", 40)):
            self.a.run(f"{self.tools}/dns_ask", "--name", name, "--to", "10.1.0.2", "--udp", count, "--tcp", 0)
        self.rows(("sort-a", "sort-b", "sort-c"), 120)
        page = fetch(self.a, "/api/v1/workloads?limit=1024")
        queries = [row["queries"] for row in page["workloads"]]
        self.assertEqual(sorted(queries, reverse=True), queries)
        self.assertEqual(page["total"], len(queries))
        ours = [row["comm"] for row in page["workloads"] if (row["comm"] or "").startswith("sort-")]
        self.assertEqual(["sort-b", "sort-c", "sort-a"], ours)
        self.assertTrue(page["available"])
        self.assertAlmostEqual(time.time(), page["generated_unix_ns"] / 1e9, delta=10)
        first = fetch(self.a, "/api/v1/workloads?limit=1")
        self.assertEqual(1, len(first["workloads"]))
        self.assertLess(1, first["total"])
        servers = fetch(self.a, "/api/v1/workloads?role=server&limit=1024")
        self.assertEqual({"server"}, {row["role"] for row in servers["workloads"]})
        self.assertEqual({"server"}, set(servers["others"]))

    def test_it_sums_up_to_what_the_metrics_say(self):
        self.a.run(f"{self.tools}/dns_ask", "--name", "sum-me", "--to", "10.1.0.2", "--udp", 20, "--tcp", 5)
        self.rows(("sum-me",), 25)
        before = self.all_queries()
        time.sleep(SHARED)
        page = fetch(self.a, "/api/v1/workloads?limit=1024")
        parts = page["workloads"] + list(page["others"].values()) + list(page["ended"].values())
        told = sum(part["queries"] for part in parts)
        time.sleep(SHARED)
        # Others may ask on this machine meanwhile.
        self.assertLessEqual(before, told)
        self.assertLessEqual(told, self.all_queries())

    def all_queries(self):
        page = self.watch.scrape()
        return page.sum("dns_workload_queries_total") + page.sum("dns_retired_queries_total", metric="workload")

    def test_a_name_of_any_octets(self):
        for name in (b'q"\\}\n', b"\xff\xfe\x80", b"<b>\x1b[31m"):
            self.a.run(f"{self.tools}/dns_ask", "--name", os.fsdecode(name), "--to", "10.1.0.2", "--udp", 2, "--tcp", 0)
        page = fetch(self.a, "/api/v1/workloads?limit=1024")
        comms = {row["comm"] for row in page["workloads"]}
        for shown in ('q"\\\\}\\010', "\\255\\254\\128", "<b>\\027[31m"):
            self.assertIn(shown, comms)


class Summary(LabCase):
    def setUp(self):
        super().setUp()
        self.a, self.b = self.two_hosts()
        self.nsd(self.b)
        self.watch = self.exporter(self.a, ["ab"])

    def test_it_counts_what_dnsperf_says_it_did(self):
        lines = dns.questions(fewer(2000))
        before = fetch(self.a, "/api/v1/summary")
        self.assertEqual((0, {}, []), (before["totals"]["queries"], before["outcomes"], before["domains"]))
        self.assertIsNone(before["recent"]["max_seconds"])
        result = self.dnsperf(self.a, "10.1.0.2", lines)
        self.watch.quiet_scrape()
        time.sleep(SHARED)
        page = fetch(self.a, "/api/v1/summary")
        self.assertEqual({"queries": result.sent, "active_queries": 0}, page["totals"])
        self.assertEqual(result.rcodes, page["outcomes"])
        types = collections.Counter(line.split()[1] for line in lines)
        self.assertEqual(types, page["types"])
        self.assertEqual(["ab"], page["interfaces"])
        self.assertEqual([{"domain": "example.test", "queries": result.sent}], page["domains"])
        (server,) = page["servers"]
        self.assertEqual(("10.1.0.2", "client", result.sent), (server["server"], server["role"], server["queries"]))
        latency, recent = page["latency"], page["recent"]
        self.assertEqual(result.completed, latency["count"])
        self.assertEqual(result.completed, sum(latency["buckets"]))
        self.assertEqual(len(latency["edges_seconds"]) + 1, len(latency["buckets"]))
        mean = latency["sum_seconds"] / latency["count"]
        self.assertLessEqual(mean, result.average_latency)
        self.assertTrue(0 < recent["min_seconds"] <= mean <= recent["max_seconds"], (recent, mean))
        domains = fetch(self.a, "/api/v1/domains")
        self.assertEqual([{"domain": "example.test", "queries": result.sent, "outcomes": result.rcodes}], domains["domains"])
        (told,) = fetch(self.a, "/api/v1/servers?role=client")["servers"]
        self.assertEqual(("10.1.0.2", result.sent, result.rcodes), (told["server"], told["queries"], told["outcomes"]))
        self.assertEqual(latency["buckets"], told["latency"]["buckets"])
        self.assertEqual({("ab", "egress", True), ("ab", "ingress", True)},
                         {(one["interface"], one["hook"], one["attached"]) for one in page["hooks"]})
        self.assertIn("dnsperf", {row["comm"] for row in page["workloads"]})
        self.assertLess(before["monotonic_ns"], page["monotonic_ns"])


class Slow(LabCase):
    def setUp(self):
        super().setUp()
        self.a, self.b = self.two_hosts()
        for address in ("10.1.0.3", "10.1.0.4"):  # the slow server's, and one where nobody listens
            self.b.ip("addr", "add", f"{address}/24", "dev", "ba")
        self.nsd(self.b, "10.1.0.2")
        self.server = self.slow_server(self.b, "10.1.0.3", DELAY_MS)
        self.watch = self.exporter(self.a, ["ab"], {"capture": {"query_timeout_ms": TIMEOUT_MS}})

    def dig(self, *words, program="dig", prefix=()):
        """(pid, output) of a run of dig to its end."""
        process = Process(f"dig-{time.monotonic_ns()}", self.a.command(*prefix, program, "+tries=1", "+time=3", *words), self.folder)
        self.addCleanup(process.stop)
        process.wait()
        return process.pid, process.out()

    def rows(self, space=None):
        return {row["name"]: row for row in fetch(space or self.a, "/api/v1/slow")["transactions"]}

    def row_of(self, name, space=None):
        return wait_until(lambda: self.rows(space).get(name), f"{name} among the slow ones", 5)

    def test_who_waited_and_for_what(self):
        before = time.time()
        pid, output = self.dig("@10.1.0.3", "Slow.Example.test", "AAAA", program=self.named_program("dig", "dig-that-waits"))
        after = time.time()
        row = self.row_of("slow.example.test")
        expected = {"name": "slow.example.test", "type": "AAAA", "server": "10.1.0.3", "client": "10.1.0.1", "role": "client",
                    "transport": "udp", "outcome": "NOERROR", "pid": pid, "uid": 0, "comm": "dig-that-waits", "container": None,
                    "pod": None, "namespace": None}
        self.assertEqual(expected, {key: row[key] for key in expected})
        self.assertLessEqual(pid, row["tid"])
        own = int(re.search(r"Query time: (\d+) msec", output).group(1)) / 1000
        self.assertLessEqual(DELAY_MS / 1000, row["latency_seconds"])
        self.assertAlmostEqual(own, row["latency_seconds"], delta=0.05)  # dig's clock is a coarse one
        match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6})\d{3}Z", row["time"])
        asked = datetime.datetime.fromisoformat(match.group(1)).replace(tzinfo=datetime.timezone.utc).timestamp()
        self.assertLess(before - 0.01, asked)
        self.assertLess(asked, after)

    def test_who_answered_late(self):
        self.exporter(self.b, ["ba"])
        self.dig("@10.1.0.3", "late.example.test")
        row = self.row_of("late.example.test", self.b)
        self.assertEqual(("server", self.server.pid), (row["role"], row["pid"]))
        with open(f"/proc/{self.server.pid}/comm", encoding="ascii") as file:
            self.assertEqual(file.read().strip(), row["comm"])

    def test_another_user(self):
        pid, _ = self.dig("@10.1.0.3", "user.example.test", prefix=("setpriv", "--reuid", 65534, "--clear-groups"))
        row = self.row_of("user.example.test")
        self.assertEqual((pid, 65534, "dig"), (row["pid"], row["uid"], row["comm"]))

    def test_quick_ones_and_those_without_an_answer_are_not_there(self):
        self.dig("@10.1.0.2", "h1.example.test")
        self.dig("@10.1.0.4", "silent.example.test")
        wait_until(lambda: self.watch.scrape().sum("dns_queries_total", rcode="TIMEOUT") == 1, "the timeout")
        self.dig("@10.1.0.3", "last.example.test")
        self.row_of("last.example.test")
        self.assertEqual({"last.example.test"}, set(self.rows()))

    def test_the_threshold_is_set_by_the_configuration(self):
        watch = self.exporter(self.b, ["ba"], {"web": {"slow_query_milliseconds": 2 * DELAY_MS}})
        self.dig("@10.1.0.3", "one.example.test")
        self.row_of("one.example.test")
        page = fetch(self.b, "/api/v1/slow")
        self.assertEqual((2 * DELAY_MS / 1000, []), (page["threshold_seconds"], page["transactions"]))
        self.assertEqual(1, watch.quiet_scrape().sum("dns_queries_total", rcode="NOERROR"))

    def test_the_newest_comes_first(self):
        names = [f"n{number}.example.test" for number in range(4)]
        for name in names:
            self.dig("@10.1.0.3", name)
        self.row_of(names[-1])
        self.assertEqual(names[::-1], list(self.rows()))


if __name__ == "__main__":
    unittest.main()
