"""RAPID_QUERIES: who asks more often than security.rate_limit_qps is told of, by name and rate, also when most events are
lost; who asks less is not."""

import re
import time
import unittest

from lab import LabCase, alerts_of, dns, wait_until
from lab.process import SLOW

LIMIT = 100
BUSY, CALM = "10.1.0.2", "10.1.0.3"
SECONDS = 5
DETAILS = re.compile(r"([\d,]+) queries in one second, limit 100(; over it in \d+ of the last 60 seconds)?")


class RapidTest(LabCase):
    def setUp(self):
        super().setUp()
        self.a, self.b = self.two_hosts(ipv6=False)
        self.b.ip("addr", "add", f"{CALM}/24", "dev", "ba")
        self.reflector(self.a, "10.1.0.1", "reflect")

    def alerts(self):
        return alerts_of(self.a, event_type="RAPID_QUERIES")

    def ask(self, client, rate):
        """Starts a client that asks so often for SECONDS."""
        lines = dns.questions(rate * SECONDS)
        return dns.Dnsperf(self.b, self.folder, "10.1.0.1", lines, "-a", client, "-Q", rate)

    def told_of(self, rate, config=None):
        """The alerts after one client has asked at the rate and another at a fifth of the limit."""
        exporter = self.exporter(self.a, ["ab"], config)
        self.assertEqual([], self.alerts())
        runs = [self.ask(BUSY, rate), self.ask(CALM, LIMIT // 5)]
        results = [run.result() for run in runs]
        self.assertEqual([rate * SECONDS, LIMIT // 5 * SECONDS], [result.sent for result in results])
        alerts = wait_until(self.alerts, "an alert", 5)
        self.assertEqual({BUSY}, {alert["client"] for alert in alerts})
        for alert in alerts:
            queries = int(DETAILS.fullmatch(alert["details"]).group(1).replace(",", ""))
            self.assertLess(LIMIT, queries)
            self.assertLess(queries, 2 * rate)
            self.assertIsNone(alert["domain"])
            self.assertEqual("server", alert["role"])
        self.assertEqual(1, len(alerts), "one alert in a window")
        return exporter.scrape()

    def test_the_busy_client_alone_is_told_of(self):
        self.told_of(10 * LIMIT)

    def test_it_is_told_of_when_most_events_are_lost(self):
        page = self.told_of(40 * LIMIT, {"performance": {"ring_buffer_size_kb": 64, "poll_interval_ms": 1000}})
        lost = page.sum("ebpf_dns_exporter_events_total", result="ring_full")
        self.assertLess(page.sum("ebpf_dns_exporter_events_total", result="delivered"), lost)

    def test_the_limit_is_the_configuration_s(self):
        self.exporter(self.a, ["ab"], {"security": {"rate_limit_qps": 20 * LIMIT}})
        self.ask(BUSY, 10 * LIMIT).result()
        time.sleep(3 * SLOW)  # more than a second to be judged in
        self.assertEqual([], self.alerts())


if __name__ == "__main__":
    unittest.main()
