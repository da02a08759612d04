"""Hits and misses of resolvers' caches, against what the resolvers say themselves. The exporter counts every resolver of the
machine, so nothing else may resolve meanwhile; where two resolvers take part, what both say is added up."""

import time
import unittest

from lab import SLOW, SharedLab, fewer, wait_until
from lab.capture import Capture
from lab.hierarchy import RESOLVER, UPSTREAM, Hierarchy
from lab.recursors import Dnsmasq, Lookups, Named, Unbound, difference, hits_and_misses
from lab.zones import LEAF

LOOKUPS = "dns_cache_lookups_total"
RATIO = "dns_cache_hit_ratio"
REFERRALS = "dns_referrals_total"
COUNT = fewer(10000)
RATE = 2000 // SLOW   # queries a second
# unbound fetches ahead what has less than a tenth of its time left: of 10 s, the last one.
PREFETCH_RATE = 900 // SLOW
SOCKETS_STILL = 0.3   # seconds: three times what scrapes share one reading for


def counted(page):
    return Lookups(*(page.sum(LOOKUPS, result=result) for result in ("hit", "miss")))


def answered(page):
    """{process name: queries that it answered}, where something else resolves on this machine."""
    return page.by("dns_workload_queries_total", "comm", role="server")


class CacheTest(SharedLab):
    needs = ("named", "dnsmasq", "unbound-control", "tcpdump")

    @classmethod
    def prepare(cls, lab):
        cls.watch = lab.exporter(lab.namespace("watch"), ["lo"])
        cls.hierarchy = Hierarchy(lab)
        cls.stream = cls.hierarchy.zones.stream(COUNT)

    def started(self, recursor):
        self.addCleanup(recursor.process.stop)
        return recursor

    def unbound(self, *lines, **kwargs):
        return self.started(Unbound(self.hierarchy, self.hierarchy.resolver, RESOLVER, *lines, **kwargs))

    def upstream(self, *lines):
        return self.started(Unbound(self.hierarchy, self.hierarchy.upstream, UPSTREAM, *lines))

    @staticmethod
    def settled(watch):
        """A scrape when nothing more is counted."""
        last = [None]

        def still():
            page = watch.scrape()
            same, last[0] = last[0] == (counted(page), page.sum(REFERRALS)), (counted(page), page.sum(REFERRALS))
            return page if same else None
        return wait_until(still, "resolvers to be still", 15, pause=SOCKETS_STILL)

    def play(self, *recursors, rate=RATE, watches=None, stream=None):
        """Plays the stream, or another one, against the first of the recursors. Of each exporter, what it counted, and what the recursors
        did together."""
        watches = watches or [self.watch]
        before, said = [self.settled(watch) for watch in watches], [recursor.lookups() for recursor in recursors]
        stream = stream or self.stream
        result = self.hierarchy.look_up(stream, "-Q", rate)
        self.assertEqual((len(stream), 0), (result.completed, result.lost))
        pages = [self.settled(watch) - page for watch, page in zip(watches, before)]
        did = [difference(recursor.lookups(), then) for recursor, then in zip(recursors, said)]
        return pages, Lookups(*map(sum, zip(*did)))

    def check(self, name, page, said, most_apart):
        """Holds the exporter to what the resolvers say, within a share of all lookups."""
        seen = counted(page)
        all_lookups = sum(said)
        figures = (f"{result} {have:.0f} of {want} ({100 * (have - want) / want:+.2f} %)"
                   for result, have, want in zip(("hits", "misses"), seen, said))
        print(f"\n  {name}, exporter of resolver: {', '.join(figures)}", end=" ", flush=True)
        self.assertEqual(all_lookups, sum(seen), f"others that answered meanwhile: {answered(page)}")
        for have, want in zip(seen, said):
            self.assertLessEqual(abs(have - want), most_apart * want)

    def compare(self, name, *recursors, most_apart=0.01, rate=RATE, stream=None):
        pages, said = self.play(*recursors, rate=rate, stream=stream)
        self.check(name, pages[0], said, most_apart)
        return pages[0]

    def test_unbound_with_minimisation(self):
        before = self.hierarchy.referred()
        page = self.compare("unbound, minimising", self.unbound("qname-minimisation: yes"))
        self.assertEqual(self.hierarchy.referred() - before, page.sum(REFERRALS))

    def test_unbound_without_minimisation(self):
        before = self.hierarchy.referred()
        page = self.compare("unbound, full names", self.unbound("qname-minimisation: no"))
        self.assertEqual(self.hierarchy.referred() - before, page.sum(REFERRALS))

    def test_unbound_with_strict_minimisation(self):
        self.compare("unbound, minimising strictly", self.unbound("qname-minimisation: yes", "qname-minimisation-strict: yes"))

    def test_unbound_with_prefetch(self):
        resolver = self.unbound("prefetch: yes")
        self.compare("unbound, prefetching", resolver, most_apart=0.02, rate=PREFETCH_RATE)
        self.assertLess(0, resolver.stats()["total.num.prefetch"])

    def forwarding(self):
        upstream = self.upstream()
        return self.unbound(forward=UPSTREAM), upstream

    def test_unbound_behind_unbound(self):
        """Without chains of several CNAMEs: a forwarding unbound asks for each name of them again, and what the other one
        then puts together from its cache is a miss to it, though it asks nobody."""
        stream = [lookup for lookup in self.stream if len(lookup.aliases) < 2]
        self.compare("unbound behind unbound", *self.forwarding(), most_apart=0.02, stream=stream)

    def test_unbound_behind_unbound_by_what_they_asked(self):
        """All of the stream, one lookup after the other, so that the wire shows which of them were hits."""
        self.forwarding()
        before = self.settled(self.watch)
        captures = [(Capture(self.lab, self.hierarchy.net, device), address)
                    for device, address in (("resolver", RESOLVER), ("upstream", UPSTREAM))]
        self.hierarchy.ask_one_by_one(self.stream)
        page = self.settled(self.watch) - before
        shown = [hits_and_misses(capture.messages(), address) for capture, address in captures]
        self.check("unbound behind unbound, the wire", page, Lookups(*map(sum, zip(*shown))), 0)

    def test_bind(self):
        self.compare("BIND", self.started(Named(self.hierarchy, self.hierarchy.resolver, RESOLVER)))

    def test_dnsmasq_before_unbound(self):
        upstream = self.upstream()
        self.compare("dnsmasq before unbound",
                     self.started(Dnsmasq(self.hierarchy, self.hierarchy.resolver, RESOLVER, UPSTREAM)), upstream)

    def test_a_resolver_that_was_there_before_the_exporter(self):
        resolver = self.unbound()
        late = self.lab.exporter(self.lab.namespace("late"), ["lo"])
        self.addCleanup(late.process.stop)
        pages, said = self.play(resolver, watches=[self.watch, late])
        self.check("started after the exporter", pages[0], said, 0.01)
        self.check("started before the exporter", pages[1], said, 0.01)
        ratio = late.scrape().sum(RATIO)
        self.assertAlmostEqual(said.hits / sum(said), ratio, delta=0.01)

    def test_authoritative_servers_have_no_cache(self):
        """Their answers come without RA (RFC 1035, 4.1.1)."""
        watch = self.lab.exporter(self.lab.namespace("apart"), ["lo"])
        self.addCleanup(watch.process.stop)
        leaf = next(iter(self.hierarchy.zones.leaf))
        lines = [f"{lookup.name} {lookup.type}" for lookup in self.hierarchy.zones.lookups if lookup.name.endswith(leaf)]
        result = self.lab.dnsperf(self.hierarchy.client, LEAF, lines)
        self.assertEqual(len(lines), result.completed)
        workloads = "dns_workload_queries_total"
        wait_until(lambda: watch.scrape().sum(workloads, comm="dnsperf", role="client") >= len(lines), "dnsperf's queries")
        time.sleep(SOCKETS_STILL)
        page = watch.scrape()
        for name in (LOOKUPS, RATIO):
            self.assertEqual([], page.series(name), answered(page))
        self.assertEqual(0, page.sum(REFERRALS))


if __name__ == "__main__":
    unittest.main()
