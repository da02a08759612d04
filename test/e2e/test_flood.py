"""Floods: two million packets are two million counts, whatever is lost of the detail, within the memory's bound."""

import threading
import unittest

from lab import LabCase

COUNT = 2_000_000
PSS_LIMIT = 32 << 20  # the stated limit, without the maps
QUIET_TIMEOUT = 40    # seconds for the last of the pending queries to time out, and for a busy machine


class MemoryWatch:
    """The highest PSS seen during the block, read five times a second."""

    def __init__(self, exporter):
        self._exporter, self._end, self.highest = exporter, threading.Event(), 0
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self):
        while not self._end.wait(0.2):
            self.highest = max(self.highest, self._exporter.pss_bytes())

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()


class FloodTest(LabCase):
    def flooded(self, mode, config, *flood_options):
        """Floods a reflector or sink and returns the page of what came in, and the device's count each way."""
        a, b = self.two_hosts(ipv6=False)
        exporter = self.exporter(a, ["ab"], config)
        self.reflector(b, "10.1.0.2", mode)
        before = exporter.quiet_scrape()
        devices = ("tx_packets", "tx_dropped", "rx_packets")
        start = [a.counter("ab", name) for name in devices]
        with MemoryWatch(exporter) as memory:
            sent = self.flood(a, "10.1.0.2", COUNT, *flood_options)["sent"]
            after = exporter.quiet_scrape(QUIET_TIMEOUT)
        transmitted, dropped, received = (a.counter("ab", name) - old for name, old in zip(devices, start))
        self.assertEqual(COUNT, sent)
        self.assertEqual(COUNT, transmitted + dropped)
        self.check_ledgers(after)
        self.assertLess(memory.highest, PSS_LIMIT)
        self.assertLess(0, memory.highest)
        self.assertTrue(exporter.process.running())
        page = after - before
        self.assertEqual(COUNT, page.sum("dns_messages_total", kind="query", direction="egress"))
        self.assertEqual(received, page.sum("dns_messages_total", kind="response", direction="ingress"))
        self.assertEqual(COUNT, page.sum("dns_queries_total"))
        self.assertEqual(COUNT + received, page.sum("dns_packets_total"))
        self.assertLess(len(after.samples), 10_000)
        return page, received

    def test_a_sink_swallows_two_million(self):
        page, received = self.flooded("sink", {"capture": {"query_timeout_ms": 2000}}, "--random-names")
        self.assertEqual(0, received)
        outcomes = page.by("dns_queries_total", "rcode")
        self.assertEqual({"TIMEOUT", "UNTRACKED"}, set(outcomes))
        self.assertEqual(COUNT, sum(outcomes.values()))

    def test_two_million_are_answered_and_the_ring_overflows(self):
        config = {"performance": {"ring_buffer_size_kb": 64}, "capture": {"query_timeout_ms": 2000}}
        page, received = self.flooded("reflect", config, "--wait")
        self.assertLess(0, received)
        self.assertLess(0, page.sum("ebpf_dns_exporter_events_total", result="ring_full"))
        self.assertEqual(received, page.sum("dns_responses_total", rcode="NOERROR"))


if __name__ == "__main__":
    unittest.main()
