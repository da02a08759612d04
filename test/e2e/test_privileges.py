"""What the exporter needs to start, what it gives up once it watches, and that it goes on all the same."""

import os
import re
import shutil
import signal
import unittest

from lab import Exporter, LabCase, connect, dns, fewer, wait_until
from lab.exporter import PORT
from lab.process import Process

# Bits of capabilities(7).
DAC_READ_SEARCH, NET_ADMIN, SYS_PTRACE, SYS_ADMIN, PERFMON, BPF = (1 << bit for bit in (2, 12, 19, 21, 38, 39))
THREE = NET_ADMIN | PERFMON | BPF
NOBODY = 65534
FILTERED = 2  # proc(5), Seccomp: SECCOMP_MODE_FILTER


def statuses(pid):
    """{thread: {field: value}} of all threads' status files."""
    found = {}
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/status", encoding="utf-8", errors="replace") as file:
            found[thread] = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    return found


class PrivilegesTest(LabCase):
    def setUp(self):
        super().setUp()
        self.a, self.b = self.two_hosts()

    def wrapper(self, line):
        """A program that becomes the exporter by way of `line`. The binary is a copy: the build may lie where another user
        may not look."""
        os.chmod(self.folder, 0o755)
        copy, path = os.path.join(self.folder, "exporter"), os.path.join(self.folder, "wrapper")
        if not os.path.exists(copy):
            shutil.copy(self.binary, copy)
            os.chmod(copy, 0o755)
        with open(path, "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\nexec {line} "{copy}" "$@"\n')
        os.chmod(path, 0o755)
        return path

    def as_nobody(self, capabilities="+bpf,+net_admin,+perfmon"):
        sets = " ".join(f"--{name}=-all,{capabilities}" for name in ("inh-caps", "ambient-caps", "bounding-set"))
        return self.wrapper(f"setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups {sets}")

    def start(self, binary, config=None, options=()):
        return self.started(Exporter(self.a, self.folder, binary, ["ab*"], config, options))

    def assert_confined(self, watch, capabilities):
        """Every thread has exactly these capabilities, no new privileges, and the filter."""
        # The last step of the start is the one after which this line is written.
        wait_until(lambda: "msg=listening" in watch.process.err(), "the end of the start")
        found = statuses(watch.pid)
        self.assertLess(2, len(found))
        for thread, status in found.items():
            sets = {name: int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")}
            expected = {"CapInh": 0, "CapPrm": capabilities, "CapEff": capabilities, "CapBnd": capabilities, "CapAmb": 0}
            self.assertEqual(expected, sets, f"{status['Name']} {thread}: " + str({k: hex(v) for k, v in sets.items()}))
            self.assertEqual(("1", str(FILTERED)), (status["NoNewPrivs"], status["Seccomp"]))

    def dig(self, address, count):
        for number in range(count):
            self.a.run("dig", "+tries=1", "+time=2", f"@{address}", f"h{number}.example.test", check=False)

    def attached(self, watch, device):
        return watch.scrape().sum("ebpf_dns_exporter_attached", interface=device)

    def test_three_capabilities_are_enough_for_another_user(self):
        self.nsd(self.b)
        watch = self.start(self.as_nobody())
        self.assertEqual([str(NOBODY)] * 4, statuses(watch.pid)[str(watch.pid)]["Uid"].split())
        self.assert_confined(watch, THREE)
        before = watch.quiet_scrape()
        self.dig("10.1.0.2", 7)
        page = watch.quiet_scrape() - before
        self.assertEqual(7, page.sum("dns_queries_total", role="client"))
        self.assertEqual(7, page.sum("dns_messages_total", interface="ab", kind="response"))
        connect(self.a, "ab2", self.b, "ba2", 2)
        wait_until(lambda: self.attached(watch, "ab2") == 2, "the new link to be attached")
        before = watch.quiet_scrape()
        self.dig("10.2.0.2", 3)
        page = watch.quiet_scrape() - before
        self.assertEqual(6, page.sum("dns_messages_total", interface="ab2"))
        self.check_ledgers(watch.quiet_scrape())
        self.assertEqual(0, watch.process.stop(), watch.process.err())

    def test_a_missing_capability_is_named_with_a_remedy(self):
        for missing in ("perfmon", "bpf", "net_admin"):
            others = ",".join(f"+{name}" for name in ("bpf", "net_admin", "perfmon") if name != missing)
            done = self.a.run(self.as_nobody(others), f"--web.listen-address=127.0.0.1:{PORT}", "--interface=ab", check=False)
            self.assertEqual(1, done.returncode)
            self.assertIn(f"(missing CAP_{missing.upper()})", done.stderr)
            self.assertIn("AmbientCapabilities=CAP_BPF CAP_NET_ADMIN CAP_PERFMON", done.stderr)

    def test_root_keeps_what_its_features_need_and_no_more(self):
        alerts = os.path.join(self.folder, "alerts.json")
        config = {"chains": {"libc_probes": False}, "alerting": {"destinations": [{"type": "file", "path": alerts}]}}
        watch = self.start(self.binary, config)
        self.assert_confined(watch, THREE | SYS_PTRACE)
        self.assertIn('kept="CAP_NET_ADMIN CAP_SYS_PTRACE CAP_PERFMON CAP_BPF"', watch.process.err())
        watch.stop()
        watch = self.start(self.binary, {**config, "workload": {"backend": "none"}})
        self.assert_confined(watch, THREE)

    def test_a_c_library_that_comes_later_is_found_though_another_users(self):
        watch = self.start(self.binary)
        self.assert_confined(watch, THREE | SYS_PTRACE | SYS_ADMIN | DAC_READ_SEARCH)
        os.chmod(self.folder, 0o755)
        with open("/proc/self/maps", encoding="utf-8") as file:
            library = re.search(r"/\S*/libc\.so\.6$", file.read(), re.MULTILINE).group()
        shutil.copy(library, os.path.join(self.folder, "libc.so.6"))
        sleeper = Process("sleeper", ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "env",
                                      f"LD_LIBRARY_PATH={self.folder}", "sleep", "60"), self.folder)
        self.addCleanup(sleeper.stop)
        wait_until(lambda: f"path={self.folder}/libc.so.6" in watch.process.err(), "the new C library to be seen", timeout=30)

    def test_with_nothing_left_counting_goes_on(self):
        self.b.ip("addr", "add", "10.1.0.9/24", "dev", "ba")  # where nobody listens
        self.nsd(self.b, "10.1.0.2")
        watch = self.start(self.binary, {"capture": {"query_timeout_ms": 1000}}, ["--capabilities.drop=all"])
        self.assert_confined(watch, 0)
        before = watch.quiet_scrape()
        count = fewer(5000)
        self.assertEqual(0, self.dnsperf(self.a, "10.1.0.2", dns.questions(count)).lost)
        self.dig("10.1.0.9", 2)
        wait_until(lambda: (watch.scrape() - before).sum("dns_queries_total", rcode="TIMEOUT", role="client") == 2,
                   "the timeouts")
        page = watch.quiet_scrape()
        self.check_ledgers(page)
        self.assertEqual(count + 2, (page - before).sum("dns_queries_total", role="client"))
        self.assertLess(0, (page - before).sum("dns_workload_queries_total", comm="dnsperf"))
        told = [line for line in watch.process.err().splitlines() if "--capabilities.drop=all" in line]
        self.assertEqual(1, len(told), watch.process.err())
        self.assertIn("interfaces that come later are not attached", told[0])
        connect(self.a, "ab2", self.b, "ba2", 2)
        wait_until(lambda: "interface can't be attached" in watch.process.err(), "the word about the new link", timeout=15)
        self.assertEqual((0, 2), (self.attached(watch, "ab2"), self.attached(watch, "ab")))
        self.assertEqual(0, watch.process.stop(), watch.process.err())

    def test_nothing_is_given_up_where_it_is_not_wanted(self):
        watch = self.start(self.binary, None, ["--capabilities.drop=none", "--seccomp.filter=off"])
        own = statuses("self")[str(os.getpid())]
        for status in statuses(watch.pid).values():
            self.assertEqual((own["CapPrm"], own["CapBnd"], "1", "0"),
                             (status["CapPrm"], status["CapBnd"], status["NoNewPrivs"], status["Seccomp"]))

    def test_programs_of_a_commands_own_are_confined_too(self):
        command = self.a.command(self.binary, "chains", "--interface=ab", f"--web.listen-address=127.0.0.1:{PORT}", "--duration=30")
        process = Process("chains", command, self.folder)
        self.addCleanup(process.stop)
        wait_until(lambda: process.require_running() and "waiting for chains" in process.err(), "the command to watch")
        for status in statuses(process.pid).values():
            self.assertEqual(0, int(status["CapPrm"], 16) & ~(THREE | SYS_PTRACE | SYS_ADMIN | DAC_READ_SEARCH))
            self.assertEqual(("1", str(FILTERED)), (status["NoNewPrivs"], status["Seccomp"]))
        self.assertEqual(0, process.stop(signal.SIGINT), process.err())


if __name__ == "__main__":
    unittest.main()
