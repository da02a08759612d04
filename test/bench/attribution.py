#!/usr/bin/env python3
"""What it costs to tell whose a message is: the time of the programs on sockets beside that of the programs on interfaces,
from the kernel's own statistics (kernel.bpf_stats_enabled) under real traffic: dnsperf and nsd over a veth.

usage: attribution.py [--rounds N] [--queries N]
       (root; DNSEXP_BIN and DNSEXP_TOOLS as for the end-to-end tests, DNSEXP_FLOOR: the object of floor.bpf.c)

Rounds without and with attribution alternate. A message that leaves a host passes a program on its socket and one on its
interface, one that arrives the same; so what is compared is ns a message: (interface + socket) with it, to interface
without it. The kernel reads its clock twice a run, which is no cost of any program: what an empty program takes in the same
rounds is subtracted from each run. Client and server have one CPU, and then a CPU each, where most of what one has
written the other must fetch. Prints the medians over the rounds; fails only where counts are wrong."""

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

# What a program's name begins with -> what it is for. A sweep runs once a second, whatever the traffic.
LANES = (("dns_sweep", None), ("dns_tc", "interface"), ("dns_xdp", "interface"), ("dns_socket", "message"),
         ("dns_", "other"), ("floor_tc_empty", "empty"))

if "/usr/sbin" not in os.environ["PATH"].split(":"):
    os.environ["PATH"] += ":/usr/sbin"  # where Debian has bpftool
STATS = pathlib.Path("/proc/sys/kernel/bpf_stats_enabled")


def run_times():
    """{program: (ns, runs)} of the programs that are loaded now."""
    listed = json.loads(subprocess.run(["bpftool", "-j", "prog", "show"], check=True, capture_output=True).stdout)
    return {(program["id"], program["name"]): (program.get("run_time_ns", 0), program.get("run_cnt", 0))
            for program in listed if program.get("name", "").startswith(("dns_", "floor_tc_empty"))}


class Attribution(LabCase):
    rounds, queries = 3, 20000

    def empty_programs(self):
        """Beside the client's end of the link, where every message passes them, whatever the exporter does."""
        floor = os.environ["DNSEXP_FLOOR"]
        self.a.run("tc", "qdisc", "add", "dev", "ab", "clsact")
        for direction in ("ingress", "egress"):
            self.a.run("tc", "filter", "add", "dev", "ab", direction, "bpf", "direct-action", "object-file", floor,
                       "program", "floor_tc_empty")

    def measure(self, backend):
        """ns a message, without the clock's: of the programs on the interface, and of those on sockets."""
        before = run_times()
        watch = self.exporter(self.a, ["ab"], {"workload": {"backend": backend}})
        self.dnsperf(self.a, "10.1.0.2", self.lines)  # the first of all: servers and workloads get their slots
        start = run_times()
        result = self.dnsperf(self.a, "10.1.0.2", self.lines)
        self.assertEqual((len(self.lines), 0), (result.sent, result.lost))
        end = run_times()
        watch.stop()
        spent = {lane: [0, 0] for lane in ("interface", "message", "other", "empty")}  # ns, runs
        for key, (ns, runs) in end.items():
            lane = next(lane for start_of, lane in LANES if key[1].startswith(start_of))
            if lane and (lane == "empty" or key not in before):
                spent[lane][0] += ns - start[key][0]
                spent[lane][1] += runs - start[key][1]
        clock = spent["empty"][0] / spent["empty"][1]
        net = {lane: ns - runs * clock for lane, (ns, runs) in spent.items()}
        sockets = spent["message"][1]
        return (clock, net["interface"] / spent["interface"][1],
                (net["message"] + net["other"]) / sockets if sockets else 0.0)

    def row(self):
        _, without, none = self.measure("none")
        clock, interface, socket = self.measure("cgroup")
        self.assertEqual(0, none)
        self.assertGreater(socket, 0)
        return clock, without, interface, socket, (interface + socket) / without

    def compare(self, name, choose):
        """`choose` takes the server's CPU from the list of all; the client has the first."""
        self.lines = dns.questions(self.queries)
        old = STATS.read_text()
        STATS.write_text("1")
        self.addCleanup(STATS.write_text, old)
        cpus = sorted(os.sched_getaffinity(0))
        self.addCleanup(os.sched_setaffinity, 0, cpus)
        self.a, b = self.two_hosts(ipv6=False)
        self.empty_programs()
        os.sched_setaffinity(0, {choose(cpus)})  # inherited
        self.nsd(b)
        os.sched_setaffinity(0, {cpus[0]})
        rows = [self.row() for _ in range(self.rounds)]
        print(f"\n{'':10} {'clock':>6} {'interface':>10} {'with: interface':>16} {'socket':>8} {'ratio':>6}   (ns a message)")
        print("%-10s %6.0f %10.0f %16.0f %8.0f %6.2f" % (name, *map(statistics.median, zip(*rows))))

    def test_one_cpu(self):
        self.compare("one CPU", min)

    def test_two_cpus(self):
        self.compare("two CPUs", max)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="what attribution costs; the docstring says how it is measured")
    parser.add_argument("--rounds", type=int, default=Attribution.rounds)
    parser.add_argument("--queries", type=int, default=Attribution.queries)
    arguments = parser.parse_args()
    Attribution.rounds, Attribution.queries = arguments.rounds, arguments.queries
    unittest.main(argv=sys.argv[:1])
