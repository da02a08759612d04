"""Many interfaces, interfaces that come and go, devices without Ethernet headers, and forwarded queries."""

import time
import unittest

from lab import SLOW, LabCase, connect, dns, fewer, wait_until

LINKS = 8
ATTACH_SECONDS = 1.0 * SLOW  # what the exporter promises for a new interface


class InterfacesTest(LabCase):
    def attached(self, exporter, interface):
        """{hook: value} of one interface."""
        return exporter.scrape().by("ebpf_dns_exporter_attached", "hook", interface=interface)

    def both_hooks(self, exporter, interface):
        return self.attached(exporter, interface) == {"ingress": 1, "egress": 1}

    def link(self, number):
        """Link number n: ex<n> in a with 10.<10+n>.0.1, peer<n> in b with 10.<10+n>.0.2."""
        connect(self.a, f"ex{number}", self.b, f"peer{number}", 10 + number)

    def per_interface(self, page):
        return {name: count for name, count in page.by("dns_messages_total", "interface").items()}

    def start(self):
        self.a, self.b = self.namespace("a"), self.namespace("b")
        for number in range(LINKS):
            self.link(number)
        self.nsd(self.b)
        self.watch = self.exporter(self.a, ["ex*"])
        self.before = self.watch.quiet_scrape()

    def background(self, number, count, rate=1000):
        return dns.Dnsperf(self.a, self.folder, f"10.{10 + number}.0.2", dns.questions(count), "-q", 10, "-Q", rate)

    def test_eight_links_count_each_their_own(self):
        self.start()
        each = fewer(1000)
        runs = [self.background(number, each * (number + 1), 3000) for number in range(LINKS)]
        for run in runs:
            self.assertEqual(0, run.result().lost)
        after = self.watch.quiet_scrape()
        self.check_ledgers(after)
        self.assertEqual({f"ex{n}": 2 * each * (n + 1) for n in range(LINKS)}, self.per_interface(after - self.before))
        self.assertEqual(2 * LINKS, after.sum("ebpf_dns_exporter_attached"))

    def test_links_come_and_go_under_load(self):
        self.start()
        loads = [self.background(number, 8000) for number in (0, 1)]
        first = self.background(2, 500).result()
        self.assertEqual(0, first.lost)

        self.link(LINKS)
        made = time.monotonic()
        wait_until(lambda: self.both_hooks(self.watch, f"ex{LINKS}"), "the new link to be attached", timeout=5)
        self.assertLessEqual(time.monotonic() - made, ATTACH_SECONDS)
        self.assertEqual(0, self.background(LINKS, 500).result().lost)

        self.a.ip("link", "del", "dev", "ex2")
        wait_until(lambda: not any(self.attached(self.watch, "ex2").values()), "the removed link to be let go")
        for cycle in range(3):  # the same name again and again: each time a new device
            self.link(2)
            wait_until(lambda: self.both_hooks(self.watch, "ex2"), f"ex2 to be attached again, {cycle}", timeout=5)
            self.assertEqual(0, self.background(2, 300).result().lost)
            self.a.ip("link", "del", "dev", "ex2")
        for load in loads:
            self.assertEqual(0, load.result().lost)

        after = self.watch.quiet_scrape()
        self.check_ledgers(after)
        page = after - self.before
        queries = 2 * 8000 + 500 + 500 + 3 * 300
        self.assertEqual(queries, page.sum("dns_queries_total"))
        self.assertEqual(2 * queries, page.sum("dns_messages_total"))
        self.assertEqual({"ex0": 16000, "ex1": 16000, f"ex{LINKS}": 1000},
                         {name: count for name, count in self.per_interface(page).items() if name not in ("ex2", "other")})

    def test_a_device_without_ethernet_headers(self):
        a = self.namespace("a")
        self.helper(a, "tun_responder", "tun0")
        a.ip("addr", "add", "10.9.0.1/24", "dev", "tun0")
        a.ip("link", "set", "dev", "tun0", "up")
        watch = self.exporter(a, ["tun0"])
        before = watch.quiet_scrape()
        count = fewer(5000)
        result = self.dnsperf(a, "10.9.0.2", dns.questions(count))
        self.assertEqual(0, result.lost)
        after = watch.quiet_scrape()
        self.check_ledgers(after)
        page = after - before
        self.assertEqual({"NXDOMAIN": count}, page.by("dns_queries_total", "rcode"))
        self.assertEqual({"client": count}, page.by("dns_queries_total", "role"))
        self.assertEqual({"tun0": 2 * count}, self.per_interface(page))

    def test_a_forwarded_query_is_one_as_server_and_one_as_client(self):
        a, router, b = self.namespace("a"), self.namespace("r"), self.namespace("b")
        connect(a, "ar", router, "ra", 1)
        connect(router, "rb", b, "br", 2)
        router.sysctl("net.ipv4.ip_forward", 1)
        a.ip("route", "add", "10.2.0.0/24", "via", "10.1.0.2")
        b.ip("route", "add", "10.1.0.0/24", "via", "10.2.0.1")
        self.nsd(b)
        watch = self.exporter(router, ["ra", "rb"])
        before = watch.quiet_scrape()
        count = fewer(10000)
        self.assertEqual(0, self.dnsperf(a, "10.2.0.2", dns.questions(count)).lost)
        after = watch.quiet_scrape()
        self.check_ledgers(after)
        page = after - before
        self.assertEqual({"server": count, "client": count}, page.by("dns_queries_total", "role"))
        self.assertEqual({"NOERROR": count * 18 // 10, "NXDOMAIN": count * 2 // 10}, page.by("dns_queries_total", "rcode"))
        self.assertEqual({"ra": 2 * count, "rb": 2 * count}, self.per_interface(page))


if __name__ == "__main__":
    unittest.main()
