"""What search lists cost: the C library's own resolver, with the resolv.conf of a pod, against a server that writes down what it
answered."""

import collections
import os
import re
import subprocess
import sys
import unittest

import test_pods
from lab import LabCase, SharedLab
from lab.process import LabError, wait_until

SEARCHES = "dns_search_path_queries_total"
CLUSTER = ("svc.cluster.local", "cluster.local")
POD = ("store.svc.cluster.local", *CLUSTER, "corp.test")
TYPES = 2  # getaddrinfo() asks for A and AAAA

# Looks up its arguments, tells whether it found each, and lives until its input ends.
LOOK_UP = """
import socket, sys
for name in sys.argv[1:]:
    try:
        socket.getaddrinfo(name, 80, type=socket.SOCK_STREAM)
        print("found", flush=True)
    except OSError:
        print("missing", flush=True)
sys.stdin.read()
"""

# Zones that the server knows all of: what is not there does not exist.
ZONES = """module-config: "iterator"
    log-replies: yes
    local-zone: "cluster.local." static
    local-zone: "corp.test." static
    local-zone: "example.test." static
    local-zone: "io." static
    local-data: "t.io. A 192.0.2.3"
    local-data: "db.data.svc.cluster.local. A 10.96.0.2"
    local-data: "www.example.test. A 192.0.2.1"
    local-data: "api.example.test. A 192.0.2.2"
"""


class Searches:
    """A server at an address of the namespace `b`, and processes in `a` that search for names."""

    def __init__(self, lab, a, b, address):
        self._lab, self._a, self._address = lab, a, address
        self._server = lab.resolver(b, address, ZONES)

    def command(self, suffixes, *words):
        """Runs the words where /etc/resolv.conf has these suffixes, and ndots as a pod's has."""
        path = os.path.join(self._lab.folder, f"resolv-{len(suffixes)}.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write(f"search {' '.join(suffixes)}\nnameserver {self._address}\noptions ndots:5\n")
        inside = f'mount --bind "{path}" /etc/resolv.conf && exec "$@"'
        return [str(word) for word in self._a.command("unshare", "-m", "sh", "-c", inside, "sh", *words)]

    def look_up(self, suffixes, *names, missing=(), into=None):
        """Looks up the names in a process that lives until the tests end; in a cgroup, where one is given."""
        words = self.command(suffixes, sys.executable, "-c", LOOK_UP, *names)
        if into:
            words = ["sh", "-c", f'echo $$ > "{into}/cgroup.procs"; exec "$@"', "sh", *words]
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._lab.addCleanup(self._end, process)
        for name in names:
            found = process.stdout.readline()
            if found != ("missing\n" if name in missing else "found\n"):
                raise LabError(f"looked up {name}: {found!r}")

    @staticmethod
    def _end(process):
        process.stdin.close()
        process.stdout.close()
        process.wait(30)

    def answers(self):
        """[(name, type, rcode)] in the order of the server's log."""
        return re.findall(r"info: \S+ (\S+)\. (\w+) IN (\w+) ", self._server.process.err())

    def truth(self, suffixes, before):
        """What the server's answers after the first `before` ones came to."""
        counted = collections.Counter(wasted=0, useful=0)
        missing = collections.Counter()
        for name, qtype, rcode in self.answers()[before:]:
            if rcode == "NXDOMAIN":
                missing[name, qtype] += 1
                continue
            tried = sum(missing.pop((f"{name}.{suffix}", qtype), 0) for suffix in suffixes)
            counted["wasted"] += tried
            counted["useful"] += tried == 0 and name.endswith(tuple(f".{suffix}" for suffix in suffixes))
        return dict(counted)


def by_result(page, **labels):
    return {result: page.sum(SEARCHES, result=result, **labels) for result in ("wasted", "useful")}


def counted(watch, before, expected, **labels):
    """What was counted since the page `before`, once it is as much as expected, and a moment later."""
    def enough():
        found = by_result(watch.scrape() - before, **labels)
        return all(found[result] >= n for result, n in expected.items())
    wait_until(enough, f"{expected} of {labels}", 15)
    wait_until(lambda: watch.quiet_scrape(), "no more to come")
    return by_result(watch.scrape() - before, **labels)


class OnTheHost(SharedLab):
    """Processes that are in no pod."""

    needs = ("unshare", "getent")

    @classmethod
    def prepare(cls, lab):
        a, b = lab.two_hosts(ipv6=False)
        cls.searches = Searches(lab, a, b, "10.1.0.2")
        cls.watch = lab.exporter(a, ["ab"])

    def check(self, suffixes, act, wasted, useful):
        """The exporter, the server's log and what the resolver must have done agree."""
        before, answers = self.watch.scrape(), len(self.searches.answers())
        act()
        expected = {"wasted": wasted, "useful": useful}
        self.assertEqual(expected, self.searches.truth(suffixes, answers), self.searches.answers()[answers:])
        self.assertEqual(expected, counted(self.watch, before, expected, namespace="", pod=""))

    def test_every_suffix_of_a_name_outside(self):
        self.check(POD, lambda: self.searches.look_up(POD, "www.example.test", "api.example.test"),
                   wasted=2 * len(POD) * TYPES, useful=0)

    def test_a_name_that_is_shorter_than_a_word(self):
        """What follows it in the message differs from suffix to suffix, and from that of the name alone."""
        self.check(POD, lambda: self.searches.look_up(POD, "t.io"), wasted=len(POD) * TYPES, useful=0)

    def test_a_final_dot_costs_nothing(self):
        self.check(POD, lambda: self.searches.look_up(POD, "www.example.test."), wasted=0, useful=0)

    def test_a_name_that_a_later_suffix_leads_to(self):
        """`data` is another namespace: the first suffix fails, the second one finds it."""
        self.check(POD, lambda: self.searches.look_up(POD, "db.data"), wasted=0, useful=TYPES)

    def test_a_full_name_of_the_cluster(self):
        """It has four dots, fewer than ndots."""
        self.check(POD, lambda: self.searches.look_up(POD, "db.data.svc.cluster.local"), wasted=len(POD) * TYPES, useful=0)

    def test_a_process_that_is_gone_at_once(self):
        """Whether its file could be read in time or not: the list that is taken for it has these suffixes too."""
        self.check(CLUSTER, lambda: [subprocess.run(self.searches.command(CLUSTER, "getent", "ahostsv4", "www.example.test"),
                                                    check=True, capture_output=True, timeout=60) for _ in range(5)],
                   wasted=5 * len(CLUSTER), useful=0)

    def test_a_suffix_that_is_not_of_the_list(self):
        """The same answers as those of a search, to a process that has another list and asks for whole names."""
        whole = ("www.example.test.svc.cluster.local.", "www.example.test.", "db.data.svc.cluster.local.")
        other = ("elsewhere.test",)
        self.check(other, lambda: self.searches.look_up(other, *whole, missing=whole[:1]), wasted=0, useful=0)


class InAPod(test_pods.PodsTest):
    """A process in a container, of which the API server tells."""

    def setUp(self):
        LabCase.setUp(self)  # its own server, instead of that of the other tests of pods
        self.a, self.b = self.two_hosts(ipv6=False)

    def test_searches_count_for_the_pod(self):
        searches = Searches(self, self.a, self.b, "10.1.0.2")
        tls = test_pods.api.certificate(os.path.join(self.folder, "tls"))
        with self.a.entered():
            server = test_pods.api.FakeApiServer(tls_folder=tls)
        self.addCleanup(server.close)
        server.script("list", test_pods.api.pod_list([test_pods.SHOP], "4"))
        watch = self.exporter_in_a_pod(server, tls)
        server.wait_for("watch", 1, 20)
        before = watch.scrape()
        folder = self.cgroup(next(test_pods.mounts("cgroup2")), test_pods.SCOPE)
        searches.look_up(POD, "www.example.test", "db.data", into=folder)
        expected = {"wasted": len(POD) * TYPES, "useful": TYPES}
        self.assertEqual(expected, searches.truth(POD, 0), searches.answers())
        pod = {"namespace": "store", "pod": "shop-7d4b9c6f5d-x2x9k"}
        self.assertEqual(expected, counted(watch, before, expected, **pod))


def load_tests(loader, _tests, _pattern):
    """Not those that the class of pods brings with it."""
    return unittest.TestSuite([loader.loadTestsFromTestCase(OnTheHost), InAPod("test_searches_count_for_the_pod")])


if __name__ == "__main__":
    unittest.main()
