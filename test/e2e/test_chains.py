"""Resolution chains: what /api/v1/chains tells of a lookup, against a capture of what was asked, and of whom."""

import collections
import sys
import time
import unittest

from lab import SharedLab, fewer, wait_until
from lab.capture import Capture
from lab.hierarchy import CLIENT, LEVELS, RESOLVER, UPSTREAM, Hierarchy
from lab.process import Process
from lab.recursors import Dnsmasq, Named, Unbound
from lab.zones import DEAD, EDGE, KNOWN, LEAF
from test_api import fetch

AT_ONCE = fewer(1000)     # lookups, each of a zone of its own
COMPLETE = 0.99           # share of their chains
MOMENT = 0.005            # seconds between two observers of one packet, on a machine that does other things too
LIMIT = 4096              # all chains that the exporter keeps
ANSWERS = ("UPSTREAM_RESPONSE", "REFERRAL")
ENDS = ("QUERY_COMPLETE", "QUERY_FAILED")


def events(chain, *kinds):
    return [event for event in chain["events"] if event["event"] in kinds]


def family(*names):
    """The names and all above them: what may be asked for their sake."""
    return {name.split(".", depth)[-1] for name in names for depth in range(name.count(".") + 1)} | {".", ""}


class ChainsTest(SharedLab):
    needs = ("named", "dnsmasq", "unbound-control", "tcpdump", "unshare", "getent")

    @classmethod
    def prepare(cls, lab):
        cls.home = lab.namespace("watch")
        cls.watch = lab.exporter(cls.home, ["lo"])
        cls.hierarchy = Hierarchy(lab, leaves=AT_ONCE, names=2)
        cls.colds = (f"cold{number}.{KNOWN}" for number in range(200))

    def setUp(self):
        self.since = self.last_sequence()

    def last_sequence(self):
        page = fetch(self.home, "/api/v1/chains?limit=1")
        self.assertTrue(page["available"])
        return page["finished"]

    def chains(self):
        """All chains that ended since the test began, the oldest first."""
        return fetch(self.home, f"/api/v1/chains?limit={LIMIT}&after={self.since}")["chains"]

    def chain(self, name, comm):
        """The one chain of this name that a process began."""
        def of_it():
            return [chain for chain in self.chains() if (chain["name"], chain["comm"]) == (name, comm)]
        wait_until(of_it, f"the chain of {name}", 10)
        found = of_it()
        self.assertEqual(1, len(found), found)
        self.since = found[0]["sequence"]
        return found[0]

    def started(self, recursor):
        self.addCleanup(recursor.process.stop)
        return recursor

    def unbound(self, *lines, space=None, address=RESOLVER, **kwargs):
        return self.started(Unbound(self.hierarchy, space or self.hierarchy.resolver, address, *lines, **kwargs))

    def run_in(self, command, expected=0):
        """Runs to its end; (pid, output)."""
        process = Process(f"asker-{time.monotonic_ns()}", command, self.lab.folder)
        self.addCleanup(process.stop)
        self.assertEqual(expected, process.wait(), process.err())
        return process.pid, process.out()

    def dig(self, name, kind="A", server=RESOLVER):
        command = self.hierarchy.client.command("dig", f"@{server}", name, kind, "+tries=1", "+time=20", "+nocookie")
        return self.run_in(command)

    def capture(self, host="resolver"):
        return Capture(self.lab, self.hierarchy.net, host)

    def check_shape(self, chain):
        """What holds for each chain."""
        offsets = [event["offset_seconds"] for event in chain["events"]]
        self.assertEqual(sorted(offsets), offsets)
        self.assertEqual(("QUERY_START", 0), (chain["events"][0]["event"], chain["events"][0]["hop"]))
        self.assertAlmostEqual(0, offsets[0], places=6)
        self.assertEqual(chain["upstream_queries"], len(events(chain, "UPSTREAM_QUERY")))
        self.assertEqual(chain["referrals"], len(events(chain, "REFERRAL")))
        self.assertEqual(chain["depth"], max(event["depth"] for event in chain["events"]) + 1)
        self.assertLessEqual(offsets[-1], chain["duration_seconds"] + MOMENT)

    def check_upstream(self, chain, messages):
        """The chain's upstream queries are those of the wire: whom, what, in which order and when; so are the answers."""
        queries = [message for message in messages if not message.response]
        answers = [message for message in messages if message.response]
        asked, answered = events(chain, "UPSTREAM_QUERY"), events(chain, *ANSWERS)
        self.assertEqual([(f"{m.server}:53", m.name, m.type) for m in queries],
                         [(event["server"], event["name"], event["type"]) for event in asked])
        self.assertEqual([(f"{m.server}:53", m.name, "UPSTREAM_RESPONSE" if m.authoritative or m.server not in LEVELS
                           else "REFERRAL") for m in answers],
                         [(event["server"], event["name"], event["event"]) for event in answered])
        for seen, told in ((queries, asked), (answers, answered)):
            for message, event in zip(seen, told):
                self.assertAlmostEqual(message.time - queries[0].time, event["offset_seconds"] - asked[0]["offset_seconds"],
                                       delta=MOMENT)

    def cold(self, name, rcode="NOERROR", of=("dig", "query")):
        """The chain of dig's lookup of a name that the resolver does not know, held to the wire."""
        capture = self.capture()
        pid, _ = self.dig(name)
        messages = capture.messages()
        chain = self.chain(name, of[0])
        self.check_shape(chain)
        expected = {"name": name, "type": "A", "result": rcode, "begun_by": of[1], "cache": "miss", "pid": pid, "uid": 0,
                    "container": None, "pod": None}
        self.assertEqual(expected, {key: chain[key] for key in expected})
        own = [message for message in messages if message.client == CLIENT]
        self.check_upstream(chain, [message for message in messages if message.client == RESOLVER])
        self.assertAlmostEqual(own[-1].time - own[0].time, chain["duration_seconds"], delta=MOMENT)
        self.assertEqual(rcode, events(chain, *ENDS)[-1]["rcode"])
        return chain

    def path(self, chain):
        return [(LEVELS[event["server"].removesuffix(":53")], event["name"]) for event in events(chain, "UPSTREAM_QUERY")]

    def test_a_cold_lookup_goes_down_the_tree(self):
        self.unbound("qname-minimisation: no")
        self.dig(".", "NS")
        name = next(self.colds)
        chain = self.cold(name)
        self.assertEqual([("root", name), ("test", name), ("leaf", name)], self.path(chain))
        self.assertEqual((3, 2), (chain["upstream_queries"], chain["referrals"]))
        self.assertEqual(1, len(events(chain, "CACHE_MISS")))
        name = next(self.colds)
        self.assertEqual([("leaf", name)], self.path(self.cold(name)))

    def test_a_cold_lookup_with_minimisation(self):
        self.unbound("qname-minimisation: yes")
        self.dig(".", "NS")
        name = next(self.colds)
        self.assertEqual([("root", "test"), ("test", KNOWN), ("leaf", name)], self.path(self.cold(name)))
        self.assertEqual([("leaf", f"c.{KNOWN}"), ("leaf", f"b.c.{KNOWN}"), ("leaf", f"a.b.c.{KNOWN}")],
                         self.path(self.cold(f"a.b.c.{KNOWN}")))

    def test_a_warm_lookup_is_a_hit(self):
        self.unbound()
        name = next(self.colds)
        self.cold(name)
        pid, _ = self.dig(name)
        chain = self.chain(name, "dig")
        self.check_shape(chain)
        self.assertEqual(("hit", 0, 0, pid), (chain["cache"], chain["upstream_queries"], chain["referrals"], chain["pid"]))
        self.assertEqual(1, len(events(chain, "CACHE_HIT")))
        self.assertEqual([], events(chain, "CACHE_MISS"))

    def test_aliases_lead_to_the_other_tld(self):
        self.unbound("qname-minimisation: no")
        self.dig(f"www.{KNOWN}")
        chain = self.cold(f"two.{KNOWN}")
        self.assertEqual([("leaf", f"two.{KNOWN}"), ("root", "two.e1.cdn"), ("cdn", "two.e1.cdn"), ("edge", "two.e1.cdn"),
                          ("cdn", "www.e0.cdn"), ("edge", "www.e0.cdn")], self.path(chain))
        self.assertEqual(3, chain["referrals"])

    def test_a_name_that_does_not_exist(self):
        self.unbound()
        self.cold(f"missing.{KNOWN}", "NXDOMAIN")

    def test_bind(self):
        self.started(Named(self.hierarchy, self.hierarchy.resolver, RESOLVER))
        for name in (next(self.colds), f"two.{KNOWN}"):
            self.cold(name)

    def chain_of_two(self, first, server, host):
        """The chain of a lookup that goes through a forwarder in front of unbound at `host`: in it are the forwarder's query
        and all of unbound's."""
        capture = self.capture(host)
        name = next(self.colds)
        self.dig(name, server=server)
        address = {"resolver": RESOLVER, "upstream": UPSTREAM}[host]
        messages = capture.messages()
        chain = self.chain(name, "dig")
        self.check_shape(chain)
        self.assertEqual("miss", chain["cache"])
        self.check_upstream(chain, [message for message in messages
                                    if message.client == address or message.server == address])
        forwarded, *asked = events(chain, "UPSTREAM_QUERY")
        self.assertEqual((first, 2), (forwarded["comm"], forwarded["depth"]))  # below the program's query and its own transaction
        self.assertEqual({("unbound", 4)}, {(event["comm"], event["depth"]) for event in asked})

    def test_dnsmasq_before_unbound(self):
        self.unbound(space=self.hierarchy.upstream, address=UPSTREAM)
        self.started(Dnsmasq(self.hierarchy, self.hierarchy.resolver, RESOLVER, UPSTREAM))
        self.chain_of_two("dnsmasq", RESOLVER, "upstream")

    def test_unbound_before_unbound(self):
        self.unbound(space=self.hierarchy.upstream, address=UPSTREAM)
        self.unbound(forward=UPSTREAM)
        self.chain_of_two("unbound", RESOLVER, "upstream")

    def stub(self):
        self.unbound()
        self.started(Dnsmasq(self.hierarchy, self.hierarchy.client, "127.0.0.1", RESOLVER))

    def test_a_stub_on_loopback(self):
        self.stub()
        self.chain_of_two("dnsmasq", "127.0.0.1", "resolver")

    def check_call(self, chain, name, pid, types, failed=False):
        self.check_shape(chain)
        self.assertEqual((name, None, "call", pid), (chain["name"], chain["type"], chain["begun_by"], chain["pid"]))
        self.assertEqual(failed, chain["result"].startswith("EAI_"), chain["result"])
        # The process asks the stub, which asks unbound, which asks the leaf.
        for comm in ("dnsmasq", "unbound"):
            asked = {event["type"] for event in events(chain, "UPSTREAM_QUERY")
                     if event["comm"] == comm and event["name"] == name}
            self.assertEqual(types, asked, comm)

    def test_calls_of_the_c_library(self):
        """By getent and by Python, through a stub. There is no IPv6 in the hierarchy, and getent asks only for addresses of
        families that the host has (AI_ADDRCONFIG)."""
        self.stub()
        names = [next(self.colds) for _ in range(2)]
        code = f"import socket; socket.getaddrinfo('{names[1]}', 80)"
        python = self.lab.named_program(sys.executable, "call-python")
        for name, comm, types, words in ((names[0], "getent", {"A"}, ("getent", "ahosts", names[0])),
                                         (names[1], "call-python", {"A", "AAAA"}, (python, "-c", code))):
            with self.subTest(comm):
                pid, _ = self.run_in(self.hierarchy.command("127.0.0.1", *words))
                self.check_call(self.chain(name, comm), name, pid, types)

    def test_a_call_that_fails(self):
        self.stub()
        name = f"nothing.{KNOWN}"
        pid, _ = self.run_in(self.hierarchy.command("127.0.0.1", "getent", "ahosts", name), expected=2)
        chain = self.chain(name, "getent")
        self.check_call(chain, name, pid, {"A"}, failed=True)
        self.assertEqual("EAI_NONAME", chain["result"])

    def test_a_server_that_never_answers(self):
        # So that unbound gives up within a second, and not after the 5 s that the exporter waits for an answer.
        self.unbound("unknown-server-time-limit: 50", "outbound-msg-retry: 1")
        _, text = self.dig("www.dead.test")
        self.assertIn("status: SERVFAIL", text)
        chain = self.chain("www.dead.test", "dig")
        self.check_shape(chain)
        self.assertEqual(("SERVFAIL", "miss"), (chain["result"], chain["cache"]))
        self.assertTrue(events(chain, "QUERY_FAILED"))
        self.assertIn(f"{DEAD}:53", {event["server"] for event in events(chain, "UPSTREAM_QUERY")})
        self.assertNotIn(f"{DEAD}:53", {event["server"] for event in events(chain, *ANSWERS)})

    def wrong_with(self, chain, lookup):
        """What a chain of many at once lacks, or None. Of what several need at a time, only one of them may ask the root and
        the TLD."""
        allowed = family(lookup.name, *lookup.aliases)
        strangers = {event["name"] for event in chain["events"]} - allowed
        if strangers:
            raise AssertionError(f"the chain of {lookup.name} holds {strangers}")
        asked = {(event["server"], event["name"]) for event in events(chain, "UPSTREAM_QUERY")}
        answered = {(event["server"], event["name"]) for event in events(chain, *ANSWERS)}
        wanted = {(f"{LEAF}:53", lookup.name)} | {(f"{EDGE}:53", name) for name in lookup.aliases}
        if (chain["result"], chain["cache"]) != (lookup.rcode, "miss"):
            return f"{chain['result']}, {chain['cache']}"
        if not events(chain, *ENDS):
            return "no end"
        return None if wanted <= asked & answered else "not all that it needs"

    def test_a_thousand_cold_lookups_at_once(self):
        self.unbound("num-queries-per-thread: 4096", "outgoing-range: 8192", "so-rcvbuf: 4m")
        first = {}
        for lookup in self.hierarchy.zones.lookups:
            first.setdefault(lookup.name.split(".", lookup.name.count(".") - 1)[-1], lookup)
        self.assertEqual(AT_ONCE, len(first))
        lookups = {lookup.name: lookup for lookup in first.values()}
        result = self.hierarchy.look_up(lookups.values(), "-q", AT_ONCE)
        self.assertEqual((AT_ONCE, 0), (result.completed, result.lost))

        def all_there():
            found = [chain for chain in self.chains() if (chain["comm"], chain["begun_by"]) == ("dnsperf", "query")]
            return found if len(found) >= COMPLETE * AT_ONCE else None
        wait_until(all_there, f"the chains of {AT_ONCE} lookups", 15)
        chains = all_there()
        self.assertEqual(len(chains), len({chain["name"] for chain in chains}))
        reasons = collections.Counter(self.wrong_with(chain, lookups[chain["name"]]) for chain in chains)
        print(f"\n  {len(chains)} chains of {AT_ONCE}, complete {reasons[None]}, else {dict(reasons)}", end=" ", flush=True)
        self.assertLessEqual(COMPLETE * AT_ONCE, reasons[None])


if __name__ == "__main__":
    unittest.main()
