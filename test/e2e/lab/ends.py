"""dnsperf at one end of a link and a server at the other: what each of them counted, against an exporter at each end."""

import collections

from . import LabCase
from .snapshot import NOT_ANSWERED


class BothEnds(LabCase):
    """Hosts a and b, an exporter on each, and a server in b that stats() asks for {"num.queries": n, ...}."""

    def start(self, make_server):
        self.a, self.b = self.two_hosts()
        self.server = make_server(self.b)
        self.at_client = self.exporter(self.a, ["ab"])
        self.at_server = self.exporter(self.b, ["ba"])

    def check_page(self, page, role, protocol, lines, results):
        """`page` holds what came in during dnsperf runs `results` over `lines`, seen from one end."""
        sent = sum(result.sent for result in results)
        completed = sum(result.completed for result in results)
        rcodes = sum((collections.Counter(result.rcodes) for result in results), collections.Counter())
        rcodes["TIMEOUT"] += sum(result.lost for result in results)
        types = collections.Counter(line.split()[1] for line in lines)
        self.assertEqual({}, page.by("dns_parse_errors_total", "reason"))
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
        for kind in ("unmatched", "late", "duplicate"):
            self.assertEqual({}, page.by(f"dns_responses_{kind}_total", "server"), kind)

    def check_server(self, page, stats):
        """`page` against what the server says of itself. unbound counts NODATA among its rcodes too."""
        if "num.rcode.nodata" in stats:
            self.assertEqual(stats.pop("num.rcode.nodata"), page.sum("dns_responses_empty_total"))
        rcodes = {key[len("num.rcode."):]: count for key, count in stats.items() if key.startswith("num.rcode.") and count}
        self.assertEqual(stats["num.queries"], page.sum("dns_queries_total"))
        self.assertEqual(rcodes, page.by("dns_queries_total", "rcode", rcode=lambda text: text not in NOT_ANSWERED))
        for qtype in ("A", "AAAA", "TXT", "MX"):
            self.assertEqual(stats[f"num.type.{qtype}"], page.sum("dns_queries_total", query_type=qtype), qtype)

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
            self.check_server(server_after - server_before, stats)
        return client_after - client_before, server_after - server_before, results
