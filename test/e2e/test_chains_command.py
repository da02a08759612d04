"""The command `chains`: what it prints of lookups, against what was asked and what /api/v1/chains says. The programs at the
sockets see the DNS of the whole machine, so all names here are a test's own and --name selects them."""

import functools
import itertools
import json
import os
import re
import signal
import sys
import time
import unittest

from lab import SLOW, SharedLab, dns, wait_until
from lab.dns import udp_socket
from lab.exporter import PORT
from lab.hierarchy import CLIENT, LEVELS, RESOLVER, UPSTREAM, Hierarchy
from lab.process import Process
from lab.recursors import Unbound
from lab.trees import milliseconds, printable, summary, trees
from lab.zones import ANY, DEAD, KNOWN
from test_api import fetch

URL = f"http://127.0.0.1:{PORT}"
SLOW_ANSWER = 300      # milliseconds
SLOWER_THAN = 200      # between that and what a quick lookup takes
PATIENCE = 5           # seconds that an exporter may be gone, or a query wait
ALL = 4096             # chains that the exporter keeps
# What a hostile name is made of: the terminal's control sequence to clear it, a newline, 8-bit octets (0x9b is the C1
# control that begins such sequences too).
HOSTILE = b"\x1b[2J\n\r\x07\x7f\xff\x9b2J"
HOSTILE_SHOWN = r"\027[2j\010\013\007\127\255\1552j"  # RFC 1035, 5.1, in lower case

ATTEMPTS = 3

def undisturbed(test):
    """Chains are detail, of which each CPU sends so much a second, so what others ask on this machine can displace steps of
    a test's own. Such a test begins anew; one that nobody disturbed has failed."""
    @functools.wraps(test)
    def attempts(self):
        for attempt in range(ATTEMPTS):
            before = self.disturbance()
            try:
                return test(self)
            except AssertionError as error:
                disturbed = [name for name, now in self.disturbance().items() if now > before[name]]
                if attempt + 1 == ATTEMPTS or not disturbed:
                    raise
                print(f"\n  again, for others disturbed it ({', '.join(disturbed)}): {str(error)[:200]}", end=" ", flush=True)
            self.doCleanups()
            self.wait_for_quiet()
            self.setUp()
    return attempts


class ChainsCommandTest(SharedLab):
    needs = ("bash", "unshare")

    @classmethod
    def prepare(cls, lab):
        cls.home = lab.namespace("watch")
        cls.watch = lab.exporter(cls.home, ["lo"])
        cls.hierarchy = Hierarchy(lab, leaves=1, names=2)
        lab.slow_server(cls.hierarchy.upstream, UPSTREAM, SLOW_ANSWER)
        cls.serial = itertools.count()

    def setUp(self):
        # So that unbound gives up a server that does not answer within a second.
        resolver = Unbound(self.hierarchy, self.hierarchy.resolver, RESOLVER, "qname-minimisation: no",
                           "unknown-server-time-limit: 50", "outbound-msg-retry: 1")
        self.addCleanup(resolver.process.stop)
        self.dig(".", "NS")
        self.tag = f"t{os.getpid()}x{next(self.serial)}"

    def disturbance(self):
        """What can keep a chain from being told whole: records that were not sent, and pages of chains that have come and
        are forgotten."""
        events = self.watch.scrape().by("ebpf_dns_exporter_socket_events_total", "result")
        finished = fetch(self.home, "/api/v1/chains?limit=0")["finished"]
        return {"records not sent": sum(events.values()) - events["delivered"], "chains forgotten": finished // ALL}

    def wait_for_quiet(self):
        """Until few others ask anything, or half a minute."""
        for _ in range(30):
            before = fetch(self.home, "/api/v1/chains?limit=0")["finished"]
            time.sleep(1)
            if fetch(self.home, "/api/v1/chains?limit=0")["finished"] - before < 100:
                return

    def name(self, label, zone=ANY):
        return f"{label}.{self.tag}.{zone}"

    @property
    def mine(self):
        """The glob of this test's names."""
        return f"--name=*{self.tag}*"

    def begin(self, words):
        process = Process(f"process-{next(self.serial)}", words, self.lab.folder)
        self.addCleanup(process.stop)
        return process

    def dig(self, name, kind="A", server=RESOLVER, expected=0):
        """Looks a name up; the pid."""
        process = self.begin(self.hierarchy.client.command(
            "dig", f"@{server}", name, kind, "+tries=1", f"+time={1 if expected else 20}", "+nocookie"))
        self.assertEqual(expected, process.wait(), process.out() + process.err())
        return process.pid

    def command(self, *options, space=None, url=URL):
        """The command, waiting for chains."""
        words = (self.lab.binary, "chains", *options, *([f"--url={url}"] if url else []))
        process = self.begin((space or self.home).command(*words))
        self.wait_for_waiting(process)
        return process

    def wait_for_waiting(self, process):
        wait_until(lambda: process.require_running() and "waiting for chains" in process.err(), "the command to wait", 60)

    def ended(self, process, number=signal.SIGINT):
        """Its output, ended by a signal."""
        process.require_running()
        process.send(number)
        self.assertEqual(0, process.wait(20 * SLOW), process.err())
        return process.out()

    def told(self, count, space=None):
        """The test's chains as the API tells of them, once it does of so many."""
        def found():
            page = fetch(space or self.home, f"/api/v1/chains?limit={ALL}")
            chains = [chain for chain in page["chains"] if self.tag in (chain["name"] or "")]
            return chains if len(chains) >= count else None
        chains = wait_until(found, f"{count} chains", PATIENCE + 10)
        self.assertEqual(count, len(chains), chains)
        return chains

    def check_cold_tree(self, command):
        name = self.name("www")
        pid = self.dig(name)
        end = time.monotonic()
        wait_until(lambda: "\n\n" in command.out(), "the tree of a lookup", 1, 0.01)
        print(f"\n  {time.monotonic() - end:.2f} s until the tree was there", end=" ", flush=True)
        (tree,) = trees(command.out())
        self.assertRegex(tree.head, rf"  {re.escape(name)} A  NOERROR  \S+  dig\[{pid}\]  (\S+  )?"
                                    r"miss  3 upstream queries  2 referrals$")
        asked, answered = "UPSTREAM_QUERY", ("REFERRAL", "REFERRAL", "UPSTREAM_RESPONSE")
        path = [step for level, answer in zip(("root", "test", "leaf"), answered)
                for step in ((asked, 2, name, level), (answer, 2, name, level))]
        self.assertEqual([("QUERY_START", 0, name, RESOLVER), ("CACHE_MISS", 1, name, RESOLVER), *path,
                          ("QUERY_COMPLETE", 0, name, RESOLVER)],
                         [(*step, LEVELS.get(server, server)) for *step, server in tree.steps])
        self.assertIn("  -> ns.nic.test  ", command.out())
        self.assertIn(f"  -> ns.{KNOWN}  ", command.out())
        self.assertEqual("1 chain, 0 failed", summary(self.ended(command))[0])

    @undisturbed
    def test_a_cold_lookup_by_the_exporter_of_an_address(self):
        command = self.command(self.mine)
        self.assertIn("asking an exporter", command.err())
        self.assertIn(URL, command.err())
        self.check_cold_tree(command)

    @undisturbed
    def test_a_cold_lookup_by_the_exporter_of_this_host(self):
        command = self.command(self.mine, url=None)
        self.assertIn("asking the exporter of this host", command.err())
        self.check_cold_tree(command)

    @undisturbed
    def test_a_cold_lookup_by_programs_of_its_own(self):
        command = self.command("--interface=lo", self.mine, space=self.hierarchy.client, url=None)
        self.assertIn("no exporter to ask: loading programs of its own", command.err())
        self.check_cold_tree(command)

    @undisturbed
    def test_json_is_what_the_api_says(self):
        command = self.command("--json", self.mine)
        for label in ("a", "b", "a"):
            self.dig(self.name(label))
        self.dig(self.name("missing", KNOWN))
        self.dig(self.name("c", "dead.test"))
        expected = self.told(5)
        text = self.ended(command)
        self.assertTrue(printable(text) and text.endswith("}\n"))
        chains = [json.loads(line) for line in text.splitlines()]
        self.assertEqual(["NOERROR"] * 3 + ["NXDOMAIN", "SERVFAIL"], [chain["result"] for chain in chains])
        self.assertEqual(["miss", "miss", "hit", "miss", "miss"], [chain["cache"] for chain in chains])
        for chain in expected + chains:
            # The time of day is reckoned anew for each answer, so its last digits differ.
            self.assertRegex(chain.pop("time"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$")
        self.assertEqual(expected, chains)

    @undisturbed
    def test_names_by_a_glob(self):
        command = self.command(f"--name=A?.{self.tag}.[!x]*.known.TEST")
        for label, zone in (("a1", ANY), ("b1", ANY), ("a2", ANY), ("a10", ANY), ("a3", KNOWN), ("a4", f"x.{ANY}")):
            self.dig(self.name(label, zone))
        self.told(6)
        text = self.ended(command)
        self.assertEqual([self.name("a1"), self.name("a2")], [tree.name for tree in trees(text)])
        self.assertEqual("2 chains, 0 failed", summary(text)[0])

    def caller(self, flag, *names, program=sys.executable):
        """A program that looks the names up by getaddrinfo() when the file `flag` appears."""
        code = ("import os, socket, sys, time\n"
                "end = time.monotonic() + 60\n"
                "while not os.path.exists(sys.argv[1]) and time.monotonic() < end: time.sleep(0.02)\n"
                "for name in sys.argv[2:]:\n"
                "    try: socket.getaddrinfo(os.fsencode(name), 80, socket.AF_INET)\n"
                "    except OSError: pass\n")
        return self.begin(self.hierarchy.command(RESOLVER, program, "-c", code, flag, *names))

    def call(self, flag, *callers):
        with open(flag, "w", encoding="ascii"):
            pass
        for caller in callers:
            self.assertEqual(0, caller.wait(), caller.err())

    @undisturbed
    def test_one_process(self):
        flag = f"{self.lab.folder}/{self.tag}"
        names = [self.name(label) for label in ("a", "b", "c", "a")]
        chosen, other = self.caller(flag, *names), self.caller(flag, self.name("d"), names[0])
        command = self.command(self.mine, f"--pid={chosen.pid}")
        self.call(flag, chosen, other)
        self.dig(names[1])
        self.told(7)
        text = self.ended(command)
        found = trees(text)
        self.assertEqual(names, [tree.name for tree in found])
        for tree in found:
            self.assertEqual((None, "SUCCESS"), (tree.type, tree.result))
            self.assertIn(f"[{chosen.pid}]", tree.head)
        self.assertEqual("4 chains, 0 failed", summary(text)[0])

    @undisturbed
    def test_slower_than(self):
        """What took long, and what was not answered."""
        command = self.command(self.mine, f"--slower-than={SLOWER_THAN}")
        for label in ("quick1", "quick2"):
            self.dig(self.name(label))
        for label in ("slow1", "slow2"):
            self.dig(self.name(label), server=UPSTREAM)
        self.dig(self.name("silent"), server=DEAD, expected=9)  # dig's "no reply from server"
        quick, slow = [], []
        for chain in self.told(5):
            seconds = chain["duration_seconds"]
            (slow if seconds is None or seconds * 1000 >= SLOWER_THAN else quick).append(chain["name"])
        self.assertTrue(quick, "quick lookups were slow")
        self.assertLessEqual({self.name(label) for label in ("slow1", "slow2", "silent")}, set(slow))
        text = self.ended(command)
        found = trees(text)
        self.assertEqual(slow, [tree.name for tree in found])
        self.assertEqual(("TIMEOUT", "no answer"), (found[-1].result, found[-1].duration))
        self.assertEqual(f"{len(slow)} chains, 1 failed", summary(text)[0])

    @undisturbed
    def test_what_signals_end_tells_what_came(self):
        """Two commands that see the same, by the two signals that end one, tell the same: what the API says."""
        commands = [self.command(self.mine) for _ in range(2)]
        for label in ("a", "b", "a", "c", "a"):
            self.dig(self.name(label))
        self.dig(self.name("slow"), server=UPSTREAM)
        self.dig(self.name("d", "dead.test"))
        chains = self.told(7)
        texts = [self.ended(commands[0], signal.SIGINT), self.ended(commands[1], signal.SIGTERM)]
        self.assertEqual(*texts)
        self.assertEqual([chain["name"] for chain in chains], [tree.name for tree in trees(texts[0])])
        counts, averages, fastest, slowest, *five = summary(texts[0])
        self.assertEqual("7 chains, 1 failed", counts)
        hops = sum(max(event["hop"] for event in chain["events"]) + 1 for chain in chains) / 7
        by_time = sorted(chains, key=lambda chain: chain["duration_seconds"])
        times = [chain["duration_seconds"] * 1000 for chain in by_time]
        told = re.fullmatch(r"mean (\S+)  P50 (\S+)  P95 (\S+)  P99 (\S+)  mean hops ([\d.]+)", averages).groups()
        # Of seven the fourth is the middle, and the last is what 95 and 99 % do not exceed. Three digits are told.
        for expected, text in zip((sum(times) / 7, times[3], times[6], times[6]), told):
            self.assertAlmostEqual(1, milliseconds(text) / expected, delta=0.006)
        self.assertAlmostEqual(hops, float(told[4]), delta=0.006)
        self.assertRegex(fastest, rf"^fastest: {re.escape(by_time[0]['name'])} A  NOERROR  ")
        self.assertEqual("slowest:", slowest)
        self.assertEqual([chain["name"] for chain in by_time[:1:-1]], [line.split()[0] for line in five])

    @undisturbed
    def test_its_time_is_over(self):
        begin = time.monotonic()
        commands = [self.command(self.mine, "--duration=2", *more) for more in ((), ("--json",))]
        self.dig(self.name("www"))
        for command in commands:
            self.assertEqual(0, command.wait(30 * SLOW), command.err())
        took = time.monotonic() - begin
        self.assertTrue(2 <= took < 10 * SLOW, took)
        text, lines = (command.out() for command in commands)
        self.assertEqual((1, "1 chain, 0 failed"), (len(trees(text)), summary(text)[0]))
        self.assertEqual([self.name("www")], [json.loads(line)["name"] for line in lines.splitlines()])

    @undisturbed
    def test_nobody_reads_any_more(self):
        for more in ((), ("--json",)):
            with self.subTest(more):
                names = [self.name(f"{label}{len(more)}") for label in ("a", "b")]
                words = (self.lab.binary, "chains", self.mine, f"--url={URL}", *more)
                pipe = self.begin(self.home.command("bash", "-c", '"$@" | head -n 1; exit "${PIPESTATUS[0]}"', "bash", *words))
                self.wait_for_waiting(pipe)
                self.dig(names[0])
                wait_until(pipe.out, "the first line", 5)
                time.sleep(0.2)  # head ends
                self.dig(names[1])
                self.assertEqual(0, pipe.wait(5 * SLOW), pipe.err())
                self.assertEqual(1, len(pipe.out().splitlines()))
                self.assertIn(names[0], pipe.out())
                self.assertEqual(2, len(pipe.err().splitlines()), pipe.err())  # whom it asks, and that it waits

    def other_exporter(self, space):
        return self.lab.exporter(space, ["lo"])

    def other_home(self, name):
        space = self.lab.namespace(name)
        self.addCleanup(space.remove)
        return space

    @undisturbed
    def test_an_exporter_that_goes_away(self):
        space = self.other_home("leaves")
        exporter = self.other_exporter(space)
        command = self.command(self.mine, space=space)
        self.dig(self.name("www"))
        wait_until(lambda: trees(command.out()), "the tree of a lookup")
        exporter.stop()
        begin = time.monotonic()
        self.assertEqual(1, command.wait((PATIENCE + 20) * SLOW), command.err())
        took = time.monotonic() - begin
        self.assertTrue(PATIENCE - 2 <= took < (PATIENCE + 10) * SLOW, took)
        *log, last = command.err().splitlines()
        # Whom it asks, that it waits, and once that nobody answers.
        self.assertEqual(["info", "info", "warn"], [re.search("level=(\\w+)", line)[1] for line in log])
        self.assertRegex(last, f"^ebpf_dns_exporter: .*{URL}.*; is the exporter running, and does it listen there\\?$")
        self.assertEqual("1 chain, 0 failed", summary(command.out())[0])  # what was seen is told all the same

    @undisturbed
    def test_an_exporter_that_is_started_anew(self):
        space = self.other_home("anew")
        exporter = self.other_exporter(space)
        command = self.command(self.mine, space=space)
        self.dig(self.name("before"))
        wait_until(lambda: trees(command.out()), "the tree of a lookup", 5)
        exporter.stop()
        self.other_exporter(space)
        self.dig(self.name("after"))
        wait_until(lambda: len(trees(command.out())) == 2, "the tree of a lookup", 5)
        text = self.ended(command)
        self.assertEqual([self.name("before"), self.name("after")], [tree.name for tree in trees(text)])
        self.assertEqual("2 chains, 0 failed", summary(text)[0])

    def test_nobody_to_ask(self):
        command = self.begin(self.home.command(self.lab.binary, "chains", "--url=http://127.0.0.1:9"))
        self.assertEqual(1, command.wait(20 * SLOW))
        self.assertEqual("", command.out())
        self.assertRegex(command.err().splitlines()[-1],
                         r"^ebpf_dns_exporter: .*http://127\.0\.0\.1:9/.*; is the exporter running, and does it listen there\?$")

    @undisturbed
    def test_hostile_names(self):
        """By a query of a program's own, by a call, and as the process's name."""
        flag = f"{self.lab.folder}/{self.tag}"
        commands = [self.command(self.mine, *more) for more in ((), ("--json",))]
        label = "0" * len(HOSTILE)
        with udp_socket(self.hierarchy.client, CLIENT) as asker:
            message = dns.query(1, self.name(label)).replace(label.encode(), HOSTILE)
            self.assertIn(HOSTILE, message)
            asker.sendto(message, (RESOLVER, 53))
            self.assertEqual(1, asker.recv(512)[7])  # ANCOUNT: the name has one address
        program = self.lab.named_program(sys.executable, "evil\x1b[2J\n\xff")
        self.call(flag, self.caller(flag, os.fsdecode(HOSTILE) + self.name("x"), program=program))
        chains = self.told(2)
        text, lines = map(self.ended, commands)
        self.assertTrue(printable(text) and printable(lines))
        names = [chain["name"] for chain in chains]
        self.assertEqual(names, [json.loads(line)["name"] for line in lines.splitlines()])
        self.assertEqual(names, [tree.name for tree in trees(text)])
        self.assertIn(f"{HOSTILE_SHOWN}.{self.tag}.{ANY}", names)
        self.assertIn(r"evil\027[2J\010\195\191", [json.loads(line)["comm"] for line in lines.splitlines()])


if __name__ == "__main__":
    unittest.main()
