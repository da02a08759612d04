"""Where the time of resolutions goes: the metrics of a resolver's own and upstream time and of whole resolutions, against a
server that takes a known time and what dig measures itself. The server sets RA and asks nobody, so it is a resolver too, whose
answers are hits: all its time is its own."""

import re
import unittest

from lab import SharedLab, fewer, wait_until
from lab.hierarchy import RESOLVER, UPSTREAM, Hierarchy
from lab.process import run
from lab.recursors import Unbound

DELAY = 0.05      # seconds
COUNT = fewer(20)
HOPS = ("libc", "query", "resolver", "upstream")


class ResolverTimesTest(SharedLab):
    needs = ("unbound-control",)

    @classmethod
    def prepare(cls, lab):
        cls.watch = lab.exporter(lab.namespace("watch"), ["lo"])
        cls.hierarchy = Hierarchy(lab, leaves=2, names=2)
        lab.slow_server(cls.hierarchy.upstream, UPSTREAM, int(DELAY * 1000))
        cls.unbound = Unbound(cls.hierarchy, cls.hierarchy.resolver, RESOLVER, forward=UPSTREAM)
        lab.addCleanup(cls.unbound.process.stop)

    def asked(self):
        """What dig says of COUNT lookups, one after the other: seconds each took."""
        seconds = []
        for number in range(COUNT):
            text = run(*self.hierarchy.client.command("dig", f"@{RESOLVER}", f"cold{number}.test", "+tries=1", "-u"))
            seconds.append(int(re.search(r"Query time: (\d+) usec", text.stdout)[1]) / 1e6)
        return seconds

    def counted(self, before):
        def all_there():
            page = self.watch.scrape() - before
            return page if page.sum("dns_resolution_duration_seconds_count") >= COUNT else None
        return wait_until(all_there, "the resolutions to be counted", 10)

    def test_each_moment_is_counted_where_it_was_spent(self):
        before = self.watch.scrape()
        seconds = self.asked()
        page = self.counted(before)
        total, waited = sum(seconds), COUNT * DELAY
        self.assertEqual((COUNT, COUNT), tuple(page.sum("dns_cache_lookups_total", result=result) for result in ("hit", "miss")))
        for metric in ("own", "upstream"):
            self.assertEqual(2 * COUNT, page.sum(f"dns_resolver_{metric}_seconds_count"))
        upstream, own = (page.sum(f"dns_resolver_{metric}_seconds_sum") for metric in ("upstream", "own"))
        self.assertLessEqual(waited, upstream)
        self.assertLessEqual(upstream, total)
        self.assertLessEqual(waited, own)             # the server's
        self.assertLessEqual(own + upstream, 2 * total)
        self.assertEqual(COUNT, page.sum("dns_resolution_duration_seconds_count", result="resolved"))
        duration = page.sum("dns_resolution_duration_seconds_sum")
        self.assertLessEqual(waited, duration)
        self.assertLessEqual(duration, total)         # dig's clock begins before the packet leaves
        self.assertEqual((COUNT, COUNT), tuple(page.sum(f"dns_resolution_upstream_queries_{of}") for of in ("count", "sum")))
        shares = {hop: page.sum("dns_resolution_time_seconds_total", hop=hop) for hop in HOPS}
        self.assertAlmostEqual(duration, sum(shares.values()), places=6)
        self.assertLessEqual(waited, shares["resolver"])
        self.assertEqual(0, shares["libc"])           # dig resolves by itself


if __name__ == "__main__":
    unittest.main()
