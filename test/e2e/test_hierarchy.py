"""The hierarchy itself, without the exporter: what the zones say is what clients get, by the path that is known, and what the
resolvers' own statistics call a hit is what a capture shows."""

import unittest

from lab import LabError, SharedLab, run
from lab.capture import Capture
from lab.hierarchy import LEVELS, RESOLVER, UPSTREAM, Hierarchy
from lab.recursors import Dnsmasq, Named, Unbound, difference, hits_and_misses
from lab.servers import dig
from lab.zones import DEAD, KNOWN, Zones

RCODES = {"NOERROR": 0, "NXDOMAIN": 3}
STREAM = 1500


class HierarchyTest(SharedLab):
    needs = ("named", "dnsmasq", "unbound-control", "tcpdump")

    @classmethod
    def prepare(cls, lab):
        cls.hierarchy = Hierarchy(lab)

    def started(self, recursor):
        self.addCleanup(recursor.process.stop)
        return recursor

    def unbound(self, *lines, **kwargs):
        return self.started(Unbound(self.hierarchy, self.hierarchy.resolver, RESOLVER, *lines, **kwargs))

    def capture(self):
        return Capture(self.lab, self.hierarchy.net, "resolver")

    def path(self, name):
        """[(level, name, type)] of what the resolver asks the servers for this name."""
        capture = self.capture()
        self.assertEqual("NOERROR", dig(self.hierarchy.client, RESOLVER, name).status)
        return [(LEVELS[message.server], message.name, message.type) for message in capture.messages()
                if not message.response and message.server != RESOLVER]

    def test_every_name_has_the_answer_that_the_zones_promise(self):
        lookups = self.hierarchy.zones.lookups
        kinds = {(lookup.rcode, len(lookup.aliases), lookup.records) for lookup in lookups}
        self.assertEqual({("NOERROR", aliases, records) for aliases in range(4) for records in (0, 1)} | {("NXDOMAIN", 0, 0)},
                         kinds)
        aliases = {lookup.name for lookup in lookups if lookup.aliases}
        self.assertAlmostEqual(0.3, len(aliases) / len({lookup.name for lookup in lookups}), delta=0.03)
        expected = [(RCODES[lookup.rcode], len(lookup.aliases) + lookup.records) for lookup in lookups]
        for make in (Unbound, Named):
            with self.subTest(make.__name__):
                recursor = self.started(make(self.hierarchy, self.hierarchy.resolver, RESOLVER))
                self.assertEqual(expected, self.hierarchy.ask_one_by_one(lookups))
                recursor.process.stop()

    def test_the_same_numbers_give_the_same_zones(self):
        again = Zones()
        self.assertEqual(self.hierarchy.zones.leaf, again.leaf)
        self.assertEqual(self.hierarchy.zones.edge, again.edge)
        self.assertEqual(self.hierarchy.zones.stream(100), again.stream(100))

    def test_the_stream_repeats_as_zipf_says(self):
        """The most frequent of n lookups has a share of 1 / (1 + 1/2 + ... + 1/n)."""
        stream = self.hierarchy.zones.stream(100000)
        harmonic = sum(1 / rank for rank in range(1, len(self.hierarchy.zones.lookups) + 1))
        counts = sorted((stream.count(lookup) for lookup in set(stream[:300])), reverse=True)
        for rank in (1, 2, 5):
            self.assertAlmostEqual(1 / harmonic / rank, counts[rank - 1] / len(stream), delta=0.1 / harmonic / rank)

    def test_full_names_go_down_the_tree(self):
        self.unbound("qname-minimisation: no")
        dig(self.hierarchy.client, RESOLVER, ".", "NS")
        self.assertEqual([("root", f"www.{KNOWN}", "A"), ("test", f"www.{KNOWN}", "A"), ("leaf", f"www.{KNOWN}", "A")],
                         self.path(f"www.{KNOWN}"))
        self.assertEqual([("leaf", f"two.{KNOWN}", "A"), ("root", "two.e1.cdn", "A"), ("cdn", "two.e1.cdn", "A"),
                          ("edge", "two.e1.cdn", "A"), ("cdn", "www.e0.cdn", "A"), ("edge", "www.e0.cdn", "A")],
                         self.path(f"two.{KNOWN}"))

    def test_minimised_names_go_down_the_tree(self):
        """RFC 9156: each server is asked for one label more than it is known to serve."""
        self.unbound("qname-minimisation: yes")
        dig(self.hierarchy.client, RESOLVER, ".", "NS")
        self.assertEqual([("root", "test", "A"), ("test", KNOWN, "A"), ("leaf", f"www.{KNOWN}", "A")],
                         self.path(f"www.{KNOWN}"))
        self.assertEqual([("leaf", f"c.{KNOWN}", "A"), ("leaf", f"b.c.{KNOWN}", "A"), ("leaf", f"a.b.c.{KNOWN}", "A")],
                         self.path(f"a.b.c.{KNOWN}"))

    def test_referrals_are_the_answers_without_authority(self):
        self.unbound()
        before = self.hierarchy.asked(), self.hierarchy.referred()
        capture = self.capture()
        self.hierarchy.ask_one_by_one(self.hierarchy.zones.stream(STREAM))
        answers = [message for message in capture.messages() if message.response and message.server != RESOLVER]
        self.assertEqual(sum(not message.authoritative for message in answers), self.hierarchy.referred() - before[1])
        levels = [LEVELS[message.server] for message in answers]
        self.assertEqual({level: count - before[0][level] for level, count in self.hierarchy.asked().items()},
                         {level: levels.count(level) for level in before[0]})

    def test_a_silent_server_is_silent(self):
        with self.assertRaises(LabError):
            dig(self.hierarchy.client, DEAD, "www.dead.test", "+time=1")

    def test_a_command_has_its_own_resolv_conf(self):
        self.unbound()
        done = run(*self.hierarchy.command(RESOLVER, "getent", "ahostsv4", f"one.{KNOWN}"))
        self.assertIn("198.51.100.1", done.stdout)

    def compare(self, recursor, most_apart):
        """What the recursor says of a stream, and what the wire shows."""
        before = recursor.lookups()
        capture = self.capture()
        self.hierarchy.ask_one_by_one(self.hierarchy.zones.stream(STREAM))
        shown, said = hits_and_misses(capture.messages(), RESOLVER), difference(recursor.lookups(), before)
        print(f"\n  {recursor.name}: says {said}, the wire shows {shown}", end=" ")
        self.assertEqual(STREAM, sum(shown))
        self.assertLess(shown.misses, shown.hits)
        self.assertAlmostEqual(shown.hits, said.hits, delta=most_apart)
        self.assertAlmostEqual(shown.misses, said.misses, delta=most_apart)

    def test_hits_of_unbound(self):
        for lines in (("qname-minimisation: yes",), ("qname-minimisation: no",),
                      ("qname-minimisation: yes", "qname-minimisation-strict: yes")):
            self.compare(self.unbound(*lines), 0)
            self.doCleanups()

    def test_hits_of_bind(self):
        self.compare(self.started(Named(self.hierarchy, self.hierarchy.resolver, RESOLVER)), 0)

    def test_hits_of_dnsmasq(self):
        self.started(Unbound(self.hierarchy, self.hierarchy.upstream, UPSTREAM))
        self.compare(self.started(Dnsmasq(self.hierarchy, self.hierarchy.resolver, RESOLVER, UPSTREAM)), 0)


if __name__ == "__main__":
    unittest.main()
