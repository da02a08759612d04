"""A resolver's client and a server, seen from both ends: every number is held against dnsperf's and nsd's own."""

import collections
import unittest

from lab import LabCase, dns, fewer


class ClientServerTest(LabCase):
    def setUp(self):
        super().setUp()
        self.a, self.b = self.two_hosts()
        self.server = self.nsd(self.b)
        self.at_client = self.exporter(self.a, ["ab"])
        self.at_server = self.exporter(self.b, ["ba"])

    def check_page(self, page, role, protocol, lines, results):
        """`page` holds what came in during dnsperf runs `results` over `lines`, seen from one end."""
        sent = sum(result.sent for result in results)
        completed = sum(result.completed for result in results)
        rcodes = sum((collections.Counter(result.rcodes) for result in results), collections.Counter())
        rcodes["TIMEOUT"] += sum(result.lost for result in results)
        types = collections.Counter(line.split()[1] for line in lines)
        self.assertEqual(+rcodes, page.by("dns_queries_total", "rcode"))
        self.assertEqual({role: sent}, page.by("dns_queries_total", "role"))
        self.assertEqual({protocol: sent}, page.by("dns_queries_total", "protocol"))
        self.assertEqual({qtype: count * len(results) for qtype, count in types.items()},
                         page.by("dns_queries_total", "query_type"))
        self.assertEqual({protocol: completed}, page.by("dns_responses_total", "protocol"))
        self.assertEqual(completed, page.sum("dns_query_latency_seconds_count", role=role))
        out, back = ("egress", "ingress") if role == "client" else ("ingress", "egress")
        self.assertEqual(sent, page.sum("dns_messages_total", kind="query", direction=out, protocol=protocol))
        self.assertEqual(completed, page.sum("dns_messages_total", kind="response", direction=back, protocol=protocol))
        self.assertEqual(sent + completed, page.sum("dns_messages_total"))
        self.assertEqual({}, page.by("dns_parse_errors_total", "reason"))

    def measure(self, protocol, lines, *runs):
        """Does the runs, each a function that returns dnsperf's result, and checks both ends and the server's counts."""
        client_before, server_before = self.at_client.quiet_scrape(), self.at_server.quiet_scrape()
        stats_before = self.server.stats()
        results = [run() for run in runs]
        client_after, server_after = self.at_client.quiet_scrape(), self.at_server.quiet_scrape()
        stats = self.server.stats()
        stats.subtract(stats_before)
        for before, after, role in ((client_before, client_after, "client"), (server_before, server_after, "server")):
            with self.subTest(role=role):
                self.check_ledgers(after)
                self.check_page(after - before, role, protocol, lines, results)
        with self.subTest("the server's own statistics"):
            page = server_after - server_before
            self.assertEqual(stats["num.queries"], page.sum("dns_queries_total"))
            for rcode in ("NOERROR", "NXDOMAIN", "SERVFAIL", "REFUSED"):
                self.assertEqual(stats[f"num.rcode.{rcode}"], page.sum("dns_queries_total", rcode=rcode), rcode)
            for qtype in ("A", "AAAA", "TXT", "MX"):
                self.assertEqual(stats[f"num.type.{qtype}"], page.sum("dns_queries_total", query_type=qtype), qtype)
        return client_after - client_before, server_after - server_before, results

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
