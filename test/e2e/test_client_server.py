"""A resolver's client and a server, seen from both ends: every number is held against dnsperf's and nsd's own."""

import unittest

from lab import dns, fewer
from lab.ends import BothEnds


class ClientServerTest(BothEnds):
    def setUp(self):
        super().setUp()
        self.start(self.nsd)

    def test_udp_over_ipv4_and_ipv6(self):
        count = fewer(40000)
        lines = dns.questions(count)
        pages = self.measure("udp", lines, lambda: self.dnsperf(self.a, "10.1.0.2", lines),
                             lambda: self.dnsperf(self.a, "fd00:1::2", lines))[:2]
        for page in pages:
            self.assertEqual({"4": 2 * count, "6": 2 * count}, page.by("dns_messages_total", "ip_version"))
        client, server = pages
        self.assertEqual({"10.1.0.2": count, "fd00:1::2": count}, client.by("dns_queries_total", "server"))
        # A client's own series begins at 0 when it is first shown; what it asked before is in `other`.
        self.assertEqual(2 * count, server.sum("dns_client_queries_total"))
        self.assertLessEqual(set(server.by("dns_client_queries_total", "client")), {"10.1.0.1", "fd00:1::1", "other"})

    def test_udp_with_edns_and_its_flags(self):
        count = fewer(10000)
        lines = dns.questions(count)
        client, *_ = self.measure("udp", lines, lambda: self.dnsperf(self.a, "10.1.0.2", lines, "-D"))
        self.assertEqual(count, client.sum("dns_flags_total", flag="rd", kind="query"))
        self.assertEqual({"aa": count, "rd": count}, client.by("dns_flags_total", "flag", kind="response"))

    def test_tcp_one_message_a_segment(self):
        count = fewer(10000)
        lines = dns.questions(count)
        client, server, _ = self.measure("tcp", lines, lambda: self.dnsperf_tcp(self.a, "10.1.0.2", lines))
        for page in (client, server):
            self.assertEqual({"message": 2 * count}, page.by("dns_packets_total", "result", protocol="tcp"))

    def test_vlan_and_qinq_on_the_parent_device(self):
        for net, tags in ((100, ("8100:100",)), (200, ("88a8:200", "8100:7"))):
            self.vlan(self.a, f"v{net}", "ab", 1, net, *tags)
            self.vlan(self.b, f"v{net}", "ba", 2, net, *tags)
        count = fewer(5000)
        lines = dns.questions(count)
        client, *_ = self.measure("udp", lines, lambda: self.dnsperf(self.a, "10.100.0.2", lines),
                                  lambda: self.dnsperf(self.a, "10.200.0.2", lines))
        self.assertEqual({"ab": 4 * count}, client.by("dns_messages_total", "interface"))
        self.assertEqual({"10.100.0.2": count, "10.200.0.2": count}, client.by("dns_queries_total", "server"))


if __name__ == "__main__":
    unittest.main()
