#!/usr/bin/env python3
"""What it costs to tell whose a message is: the time of the programs on sockets beside that of the programs on interfaces,
from the kernel's own statistics (kernel.bpf_stats_enabled) under real traffic: dnsperf and nsd over a veth.

usage: attribution.py [--rounds N] [--queries N]     (root; DNSEXP_BIN and DNSEXP_TOOLS as for the end-to-end tests)

Rounds without and with attribution alternate. A message that leaves a host passes a program on its socket and one on its
interface, one that arrives the same; so what is compared is ns a message: (interface + socket) with it, to interface
without it. The kernel's clock reads are in both. Prints the median over the rounds; fails only where counts are wrong."""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
from lab import LabCase, dns  # noqa: E402

if "/usr/sbin" not in os.environ["PATH"].split(":"):
    os.environ["PATH"] += ":/usr/sbin"  # where Debian has bpftool
STATS = pathlib.Path("/proc/sys/kernel/bpf_stats_enabled")


def run_times():
    """{program: (ns, runs)} of the programs that are loaded now."""
    listed = json.loads(subprocess.run(["bpftool", "-j", "prog", "show"], check=True, capture_output=True).stdout)
    return {(program["id"], program["name"]): (program.get("run_time_ns", 0), program.get("run_cnt", 0))
            for program in listed if program.get("name", "").startswith("dns_")}


class Attribution(LabCase):
    rounds, queries = 3, 20000

    def measure(self, backend):
        """ns a message: of the programs on the interface, and of those on sockets."""
        before = run_times()
        watch = self.exporter(self.a, ["ab"], {"workload": {"backend": backend}})
        self.dnsperf(self.a, "10.1.0.2", self.lines)  # the first of all: servers and workloads get their slots
        start = run_times()
        result = self.dnsperf(self.a, "10.1.0.2", self.lines)
        self.assertEqual((len(self.lines), 0), (result.sent, result.lost))
        end = run_times()
        watch.stop()
        spent = {"interface": [0, 0], "socket": [0, 0]}
        for key, (ns, runs) in end.items():
            if key in before:
                continue
            lane = "interface" if key[1].startswith(("dns_tc", "dns_xdp")) else "socket"
            if key[1].startswith("dns_sweep"):
                continue  # once a second, whatever the traffic
            spent[lane][0] += ns - start[key][0]
            if key[1].startswith(("dns_tc", "dns_xdp", "dns_socket")):  # the others run beside these
                spent[lane][1] += runs - start[key][1]
        return [ns / runs if runs else 0.0 for ns, runs in spent.values()]

    def test_ratio(self):
        self.lines = dns.questions(self.queries)
        self.a, b = self.two_hosts(ipv6=False)
        self.nsd(b)
        old = STATS.read_text()
        STATS.write_text("1")
        self.addCleanup(STATS.write_text, old)
        rows = []
        for _ in range(self.rounds):
            without, none = self.measure("none")
            interface, socket = self.measure("cgroup")
            self.assertEqual(0, none)
            self.assertGreater(socket, 0)
            rows.append((without, interface, socket, (interface + socket) / without))
        print(f"\n{'':10} {'interface':>10} {'with: interface':>16} {'socket':>8} {'ratio':>6}   (ns a message)")
        for row in rows:
            print("%-10s %10.0f %16.0f %8.0f %6.2f" % ("round", *row))
        print("%-10s %10.0f %16.0f %8.0f %6.2f" % ("median", *map(statistics.median, zip(*rows))))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="what attribution costs; the docstring says how it is measured")
    parser.add_argument("--rounds", type=int, default=Attribution.rounds)
    parser.add_argument("--queries", type=int, default=Attribution.queries)
    arguments = parser.parse_args()
    Attribution.rounds, Attribution.queries = arguments.rounds, arguments.queries
    unittest.main(argv=sys.argv[:1])
