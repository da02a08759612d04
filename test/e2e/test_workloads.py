"""Who asked, and who answered: processes of distinct names, each with known counts. The exporter sees every socket of the
machine, so the tests look at their own names only."""

import os
import subprocess
import sys
import unittest

from lab import LabCase, SharedLab, fewer
from lab.process import Process, wait_until

QUERIES = "dns_workload_queries_total"
LATENCY = "dns_workload_latency_seconds_count"
PROCESSES = 50
NO_SERIES_LIMIT = {"workload": {"top_workloads": 1000}}


def asker(lab, name, server, udp, tcp, *options):
    """The command line of a process of this name that asks so much."""
    return (f"{lab.tools}/dns_ask", "--name", name, "--to", server, "--udp", udp, "--tcp", tcp,
            *(f"--{option}" for option in options))


class Fifty(LabCase):
    """Processes that ask at once."""

    def run_fifty(self, a, watch, server, *options):
        """The exporter's page when all have been counted, and how many queries each of them sent."""
        each = max(fewer(500), 1)
        processes = [Process(f"ask-{number}", a.command(*asker(self, f"ask-{number}", server, each, each, *options)), self.folder)
                     for number in range(PROCESSES)]
        for process in processes:
            self.addCleanup(process.stop)
        answered = {}
        for process in processes:
            self.assertEqual(0, process.wait(300), process.err())
            answered[process.name] = int(process.out())
        self.assertEqual({process.name: 2 * each for process in processes}, answered)

        page = wait_until(lambda: self.complete(watch, PROCESSES * 2 * each), "all to be counted")
        asked = page.by(QUERIES, "comm", role="client", rcode="NOERROR")
        self.assertEqual({process.name: 2 * each for process in processes}, self.ours(asked))
        self.assertEqual({process.name: 2 * each for process in processes}, self.ours(page.by(LATENCY, "comm", role="client")))
        self.assertEqual({}, self.ours(page.by(QUERIES, "comm", rcode=lambda rcode: rcode != "NOERROR")))
        return page, 2 * each

    @staticmethod
    def ours(by_comm):
        return {comm: n for comm, n in by_comm.items() if comm.startswith("ask-")}

    def complete(self, watch, total):
        page = watch.scrape()
        return page if sum(self.ours(page.by(QUERIES, "comm", role="client")).values()) >= total else None


class FiftyProcesses(Fifty):
    """In a namespace that the exporter is not in."""

    def run_apart(self, server, *options):
        a, b = self.two_hosts()
        self.nsd(b)
        watch = self.exporter(self.namespace("c"), ["lo"], NO_SERIES_LIMIT)
        page, each = self.run_fifty(a, watch, server, *options)
        answers = page.by(QUERIES, "comm", role="server")
        self.assertEqual(PROCESSES * each, sum(n for comm, n in answers.items() if comm.startswith("nsd")), answers)

    def test_ipv4(self):
        self.run_apart("10.1.0.2")

    def test_ipv6_and_connected_sockets(self):
        self.run_apart("fd00:1::2", "connected")


class FiftyByKprobe(Fifty):
    """Where kprobes tell who sends, and an interface what became of it."""

    def test_ipv4(self):
        a, b = self.two_hosts()
        self.nsd(b)
        watch = self.exporter(a, ["ab"], {"workload": {"top_workloads": 1000, "backend": "kprobe"}})
        self.run_fifty(a, watch, "10.1.0.2")

    def test_ipv6_and_connected_sockets(self):
        a, b = self.two_hosts()
        self.nsd(b)
        watch = self.exporter(a, ["ab"], {"workload": {"top_workloads": 1000, "backend": "kprobe"}})
        self.run_fifty(a, watch, "fd00:1::2", "connected")


def load_tests(loader, _tests, _pattern):
    """All but what needs a kernel with kprobes: that is run where somebody names it (test/kernels/tests.txt)."""
    return unittest.TestSuite(map(loader.loadTestsFromTestCase, (FiftyProcesses, OneByOne)))


class OneByOne(SharedLab):
    needs = ("nft", "unshare", "getent", "promtool")

    @classmethod
    def prepare(cls, lab):
        cls.a, cls.b = lab.two_hosts()
        # Before the exporter: a server, and clients whose sockets are open.
        lab.nsd(cls.b, "10.1.0.2")
        cls.early = {}
        for name, options in (("early-udp", (3, 0, "connected", "waits")), ("early-tcp", (0, 3, "waits"))):
            cls.early[name] = cls.open(asker(lab, name, "10.1.0.2", *options), stdin=subprocess.PIPE)
            lab.addCleanup(cls.early[name].kill)
            if cls.early[name].stdout.readline() != "ready\n":
                raise AssertionError(f"{name} did not start")
        cls.watch = lab.exporter(cls.a, ["ab"], NO_SERIES_LIMIT | {"capture": {"query_timeout_ms": 2000}})

    @classmethod
    def open(cls, command, **kwargs):
        return subprocess.Popen([str(word) for word in cls.a.command(*command)], stdout=subprocess.PIPE, text=True, **kwargs)

    def ask(self, name, server, udp, tcp, *options):
        return self.a.run(*asker(self.lab, name, server, udp, tcp, *options))

    def counted(self, name, total, role="client"):
        """{rcode: queries} once they are so many."""
        def enough():
            found = self.watch.scrape().by(QUERIES, "rcode", comm=name, role=role)
            return found if sum(found.values()) >= total else None
        return wait_until(enough, f"{name} to count {total}", 15)

    def test_sockets_that_were_open_before(self):
        for name, process in self.early.items():
            out, _ = process.communicate("\n", timeout=60)
            self.assertEqual("3\n", out)
            self.assertEqual({"NOERROR": 3}, self.counted(name, 3))

    def test_a_process_that_has_gone_before_its_answer(self):
        """Nothing listens at this address, and the process is gone; what it asked is known all the same."""
        self.ask("gone", "10.1.0.77", 4, 0, "deaf")
        self.assertEqual({"TIMEOUT": 4}, self.counted("gone", 4))

    def test_other_rcodes_and_dig(self):
        for name in ("h1.example.test", "missing.example.test", "www.example.org"):
            self.a.run("dig", "@10.1.0.2", name)
        self.assertEqual({"NOERROR": 1, "NXDOMAIN": 1, "REFUSED": 1}, self.counted("dig", 3))

    def test_resolvers_of_every_kind(self):
        """The C library's, in C and in Python, and Go's own, in a program that Debian has: each asks for A and for AAAA."""
        path = os.path.join(self.lab.folder, "resolv.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write("nameserver 10.1.0.2\n")
        python = self.lab.named_program(sys.executable, "ask-python")
        programs = {
            "getent": ("getent", "ahosts", "h1.example.test"),
            "ask-python": (python, "-c", "import socket; socket.getaddrinfo('h2.example.test', 80)"),
            "promtool": ("env", "GODEBUG=netdns=go", "promtool", "query", "instant", "http://h3.example.test:9", "up"),
        }
        for name, words in programs.items():
            with self.subTest(name):
                inside = f'mount --bind "{path}" /etc/resolv.conf && exec "$@"'
                command = self.a.command("unshare", "-m", "sh", "-c", inside, "sh", *words)
                subprocess.run(command, check=name != "promtool", timeout=60, capture_output=True)  # nobody answers HTTP
                self.assertEqual({"NOERROR": 2}, self.counted(name, 2))

    def test_a_resolver_is_server_and_client(self):
        self.b.ip("addr", "add", "10.1.0.9/24", "dev", "ba")
        self.lab.resolver(self.b, "10.1.0.9", 'module-config: "iterator"\n    local-zone: "test." nodefault',
                          'forward-zone:\n  name: "."\n  forward-addr: 10.1.0.2\n')
        before = self.watch.scrape()
        self.ask("stub", "10.1.0.9", 5, 0)  # five names: the resolver knows none of them yet
        self.assertEqual({"NOERROR": 5}, self.counted("stub", 5))
        page = self.watch.scrape() - before
        self.assertEqual({"server": 5, "client": 5}, page.by(QUERIES, "role", comm="unbound", rcode="NOERROR"))

    def test_an_address_that_is_translated(self):
        """As a Service's, and as Docker's resolver, which has another port too."""
        rules = ("add table ip t; add chain ip t out { type nat hook output priority -100; };"
                 "add rule ip t out ip daddr 10.96.0.10 udp dport 53 dnat to 10.1.0.2:5300;"
                 "add rule ip t out ip daddr 10.96.0.10 tcp dport 53 dnat to 10.1.0.2:5300")
        back = ("add table ip t; add chain ip t in { type nat hook prerouting priority -100; };"
                "add rule ip t in udp dport 5300 redirect to :53; add rule ip t in tcp dport 5300 redirect to :53")
        self.a.run("nft", rules)
        self.b.run("nft", back)
        self.a.ip("route", "add", "10.96.0.0/16", "via", "10.1.0.2")
        self.ask("translated", "10.96.0.10", 4, 4)
        self.assertEqual({"NOERROR": 8}, self.counted("translated", 8))
        self.ask("translated-c", "10.96.0.10", 4, 0, "connected")
        self.assertEqual({"NOERROR": 4}, self.counted("translated-c", 4))

    def test_a_number_that_comes_again(self):
        """Of two processes with the same pid, one after the other, each keeps its own counts."""
        last = "/proc/sys/kernel/ns_last_pid"
        if not os.path.exists(last):
            self.fail("the kernel has no ns_last_pid")
        for tries in range(1, 51):  # somebody else may take the number meanwhile
            first = self.open(asker(self.lab, "pid-first", "10.1.0.2", 1, 0))
            first.communicate(timeout=60)
            with open(last, "w", encoding="ascii") as file:
                file.write(str(first.pid - 1))
            second = self.open(asker(self.lab, "pid-second", "10.1.0.2", 1, 0))
            second.communicate(timeout=60)
            if second.pid == first.pid:
                break
        self.assertEqual(first.pid, second.pid)
        self.assertEqual({"NOERROR": tries}, self.counted("pid-first", tries))
        self.assertEqual({"NOERROR": tries}, self.counted("pid-second", tries))


if __name__ == "__main__":
    unittest.main()
