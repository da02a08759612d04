"""Loopback: every packet leaves and arrives on one device, and is counted once."""

import unittest

from lab import LabCase, dns, fewer


class LoopbackTest(LabCase):
    def check(self, page, completed):
        self.assertEqual({"NOERROR": completed}, page.by("dns_queries_total", "rcode"))
        self.assertEqual({"local": completed}, page.by("dns_queries_total", "role"))
        self.assertEqual({"query": completed, "response": completed}, page.by("dns_messages_total", "kind"))
        self.assertEqual({"lo": 2 * completed}, page.by("dns_messages_total", "interface"))
        self.assertEqual(completed, page.sum("dns_query_latency_seconds_count", role="local"))

    def run_on(self, start_server, address, *config):
        space = self.namespace("a")
        start_server(space)
        exporter = self.exporter(space, ["lo"], *config)
        before = exporter.quiet_scrape()
        lines = [f"h{i % dns.HOSTS}.{dns.ZONE} A" for i in range(fewer(20000))]
        udp = self.dnsperf(space, address, lines)
        tcp = self.dnsperf_tcp(space, address, lines[:fewer(5000)])
        self.assertEqual((fewer(20000), fewer(5000)), (udp.completed, tcp.completed))
        after = exporter.quiet_scrape()
        self.check_ledgers(after)
        self.check(after - before, udp.completed + tcp.completed)

    def test_unbound_over_ipv4(self):
        self.run_on(self.unbound, "127.0.0.1")

    def test_nsd_over_ipv6(self):
        self.run_on(self.nsd, "::1")


if __name__ == "__main__":
    unittest.main()
